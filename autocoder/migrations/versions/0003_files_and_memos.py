"""What imported files held, memos that are no codings, the weight of a coding and the groups of a transcript."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0001"


def upgrade() -> None:
    """Add the tables and columns."""
    op.add_column("transcript", sa.Column("groups", sa.JSON, nullable=False, server_default="[]"))
    op.add_column("coding", sa.Column("weight", sa.Float))
    op.add_column("file_read", sa.Column("source", sa.Text, nullable=False, server_default=""))
    _held()
    _memo()


def _held() -> None:
    op.create_table(
        "held",
        sa.Column("file_id", sa.Integer, sa.ForeignKey("file_read.id"), primary_key=True),
        sa.Column("transcript_id", sa.Integer, sa.ForeignKey("transcript.id"), primary_key=True),
        sa.Column("start", sa.Integer, primary_key=True),
        sa.Column("end", sa.Integer, primary_key=True),
        sa.Column("code", sa.String(200), primary_key=True),
        sa.Column("coder_id", sa.Integer, sa.ForeignKey("coder.id"), primary_key=True),
        sa.Column("said", sa.String(64), nullable=False),
    )


def _memo() -> None:
    op.create_table(
        "memo",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("transcript_id", sa.Integer, sa.ForeignKey("transcript.id")),
        sa.Column("start", sa.Integer),
        sa.Column("end", sa.Integer),
        sa.Column("code", sa.String(200), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("author", sa.String(400), nullable=False),
        sa.Column("created", sa.String(40), nullable=False),
    )
