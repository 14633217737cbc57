"""The first form of a project: codebook versions, transcripts, turns, coders, codings, decisions, files read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables, and guard the decisions against change."""
    _codebook_and_transcripts()
    _coders_and_codings()
    _logs()
    _keep_decisions()


def _codebook_and_transcripts() -> None:
    op.create_table(
        "codebook",
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("change", sa.Text, nullable=False),
        sa.Column("content", sa.JSON, nullable=False),
    )
    op.create_table(
        "transcript",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(400), nullable=False, unique=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("variables", sa.JSON, nullable=False),
        sa.Column("speakers", sa.JSON, nullable=False),
    )
    op.create_table(
        "turn",
        sa.Column("transcript_id", sa.Integer, sa.ForeignKey("transcript.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("start", sa.Integer, nullable=False),
        sa.Column("end", sa.Integer, nullable=False),
        sa.Column("speaker", sa.String(400), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("time", sa.Float),
        sa.CheckConstraint('0 <= start AND start < "end"', name="turn_is_a_span"),
    )


def _coders_and_codings() -> None:
    op.create_table(
        "coder",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(400), nullable=False, unique=True),
        sa.Column("kind", sa.String(20), nullable=False),
    )
    op.create_table(
        "coding",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("transcript_id", sa.Integer, sa.ForeignKey("transcript.id"), nullable=False),
        sa.Column("start", sa.Integer, nullable=False),
        sa.Column("end", sa.Integer, nullable=False),
        sa.Column("code", sa.String(200), nullable=False),
        sa.Column("coder_id", sa.Integer, sa.ForeignKey("coder.id"), nullable=False, index=True),
        sa.Column("origin", sa.String(20), nullable=False),
        sa.Column("score", sa.Float),
        sa.Column("memo", sa.Text, nullable=False),
        sa.Column("created", sa.String(40), nullable=False),
        sa.Column("codebook_version", sa.Integer, sa.ForeignKey("codebook.version"), nullable=False),
        sa.CheckConstraint('0 <= start AND start < "end"', name="coding_is_a_span"),
        sa.UniqueConstraint("transcript_id", "start", "end", "code", "coder_id", name="coding_once"),
    )


def _logs() -> None:
    op.create_table(
        "decision",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("coder_id", sa.Integer, sa.ForeignKey("coder.id"), nullable=False),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("transcript_id", sa.Integer, sa.ForeignKey("transcript.id"), nullable=False),
        sa.Column("start", sa.Integer, nullable=False),
        sa.Column("end", sa.Integer, nullable=False),
        sa.Column("before", sa.JSON, nullable=False),
        sa.Column("after", sa.JSON, nullable=False),
        sa.Column("saw_suggestion", sa.Boolean, nullable=False),
        sa.Column("shown", sa.JSON, nullable=False),
        sa.Column("score", sa.Float),
        sa.Column("seconds", sa.Float),
        sa.Column("model", sa.String(400), nullable=False),
        sa.Column("codebook_version", sa.Integer, sa.ForeignKey("codebook.version"), nullable=False),
    )
    op.create_table(
        "file_read",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(400), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("at", sa.String(40), nullable=False),
    )
    op.create_table(
        "precoded",
        sa.Column("coder_id", sa.Integer, sa.ForeignKey("coder.id"), primary_key=True),
        sa.Column("transcript_id", sa.Integer, sa.ForeignKey("transcript.id"), primary_key=True),
    )


def _keep_decisions() -> None:
    """Refuse every change of a recorded decision inside the database itself."""
    if op.get_bind().dialect.name == "sqlite":
        for deed in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER decision_no_{deed.lower()} BEFORE {deed} ON decision "
                "BEGIN SELECT RAISE(ABORT, 'decisions are append-only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION keep_decisions() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'decisions are append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER decision_kept BEFORE UPDATE OR DELETE ON decision "
        "FOR EACH ROW EXECUTE FUNCTION keep_decisions()"
    )
