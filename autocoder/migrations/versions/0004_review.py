"""What the review page needs: answers, checks, assignments, accounts, jobs, the audit log and the index of words."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from autocoder.text import normalise

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the columns, tables and indexes."""
    _decisions()
    _answers()
    _checks_and_assignments()
    _accounts()
    _jobs()
    _audit()
    _words()
    _lists_and_counts()


def _decisions() -> None:
    """What a decision says beyond before and after; ``undoes`` is what it takes back, a ``batch`` was made at once."""
    op.add_column("decision", sa.Column("mode", sa.String(20), nullable=False, server_default="confirm"))
    op.add_column("decision", sa.Column("action", sa.String(20), nullable=False, server_default=""))
    op.add_column("decision", sa.Column("new_start", sa.Integer))
    op.add_column("decision", sa.Column("new_end", sa.Integer))
    op.add_column("decision", sa.Column("memo", sa.Text, nullable=False, server_default=""))
    op.add_column("decision", sa.Column("reason", sa.String(40), nullable=False, server_default=""))
    op.add_column("decision", sa.Column("undoes", sa.Integer))
    op.add_column("decision", sa.Column("batch", sa.String(32), nullable=False, server_default=""))
    op.create_index("decision_by_coder", "decision", ["coder_id", "transcript_id", "id"])
    op.create_index("decision_in_order", "decision", ["coder_id", "id"])
    op.create_index("decision_by_passage", "decision", ["transcript_id", "start"])
    op.create_index(
        "decision_undone_once",
        "decision",
        ["undoes"],
        unique=True,
        sqlite_where=sa.text("undoes IS NOT NULL"),
        postgresql_where=sa.text("undoes IS NOT NULL"),
    )


def _answers() -> None:
    """The decision that answers a suggestion at present, the one that made a coding, and the order of what is open."""
    op.add_column("coding", sa.Column("answer", sa.Integer))
    op.add_column("coding", sa.Column("made_by", sa.Integer))
    op.add_column("memo", sa.Column("made_by", sa.Integer))
    _index_of_open("open_by_place", ["coder_id", "transcript_id", sa.text("(start + 0)"), "id"])
    _index_of_open("open_by_doubt", ["coder_id", sa.text("abs(coalesce(score, 0.5) - 0.5)"), "id"])
    _index_of_open(
        "open_by_doubt_there", ["coder_id", "transcript_id", sa.text("abs(coalesce(score, 0.5) - 0.5)"), "id"]
    )
    _index_of_open("open_by_doubt_in_code", ["coder_id", "code", sa.text("abs(coalesce(score, 0.5) - 0.5)"), "id"])
    _index_of_open(
        "open_by_chance_there", ["coder_id", "transcript_id", sa.text("((id * 2654435761) & 4294967295)"), "id"]
    )
    _index_of_open("open_by_code", ["coder_id", "code", "transcript_id", sa.text("(start + 0)"), "id"])
    op.create_index("coding_by_code", "coding", ["code", "transcript_id", "start"])
    for table, column in (("coding", "answer"), ("coding", "made_by"), ("memo", "made_by")):
        given = sa.text(f"{column} IS NOT NULL")
        op.create_index(f"{table}_by_{column}", table, [column], sqlite_where=given, postgresql_where=given)
    op.create_table(
        "skipped",
        sa.Column("coding_id", sa.Integer, sa.ForeignKey("coding.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("coder_id", sa.Integer, sa.ForeignKey("coder.id"), primary_key=True),
        sa.Column("decision", sa.Integer, sa.ForeignKey("decision.id"), nullable=False),
    )
    op.create_index("skipped_of_coder", "skipped", ["coder_id", "decision"])


def _index_of_open(name: str, columns: list[str | sa.TextClause]) -> None:
    unanswered = sa.text("answer IS NULL")
    op.create_index(name, "coding", columns, sqlite_where=unanswered, postgresql_where=unanswered)


def _checks_and_assignments() -> None:
    op.create_table(
        "check_passage",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("coder_id", sa.Integer, sa.ForeignKey("coder.id"), nullable=False),
        sa.Column("transcript_id", sa.Integer, sa.ForeignKey("transcript.id"), nullable=False),
        sa.Column("start", sa.Integer, nullable=False),
        sa.Column("end", sa.Integer, nullable=False),
        sa.Column("code", sa.String(200), nullable=False),
        sa.Column("score", sa.Float),
        sa.Column("model", sa.String(400), nullable=False),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("drawn_by", sa.Integer, sa.ForeignKey("decision.id")),
        sa.Column("answer", sa.Integer, sa.ForeignKey("decision.id")),
        sa.CheckConstraint('0 <= start AND start < "end"', name="check_is_a_span"),
    )
    op.create_index("check_of_coder", "check_passage", ["coder_id", "answer"])
    op.create_table(
        "assignment",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("transcript_id", sa.Integer, sa.ForeignKey("transcript.id"), nullable=False),
        sa.Column("coder_id", sa.Integer, sa.ForeignKey("coder.id"), nullable=False),
        sa.Column("task", sa.String(20), nullable=False),
        sa.Column("given_by", sa.String(400), nullable=False),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("committed", sa.String(40)),
        sa.UniqueConstraint("transcript_id", "coder_id", "task", name="assigned_once"),
    )
    op.create_index("assigned_to_coder", "assignment", ["coder_id", "task", "transcript_id"])
    op.create_table(
        "seen",
        sa.Column("coder_id", sa.Integer, sa.ForeignKey("coder.id"), primary_key=True),
        sa.Column("transcript_id", sa.Integer, sa.ForeignKey("transcript.id"), primary_key=True),
        sa.Column("at", sa.String(40), nullable=False),
    )
    op.create_table(
        "setting",
        sa.Column("name", sa.String(60), primary_key=True),
        sa.Column("value", sa.JSON, nullable=False),
    )


def _accounts() -> None:
    """Tokens are kept as SHA-256, passwords as argon2."""
    op.create_table(
        "account",
        sa.Column("coder_id", sa.Integer, sa.ForeignKey("coder.id"), primary_key=True),
        sa.Column("password", sa.String(400), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("created", sa.String(40), nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("locked_until", sa.String(40)),
        sa.Column("disabled", sa.String(40)),
    )
    op.create_table(
        "invitation",
        sa.Column("token", sa.String(64), primary_key=True),
        sa.Column("coder", sa.String(400), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("given_by", sa.String(400), nullable=False),
        sa.Column("expires", sa.String(40), nullable=False),
        sa.Column("used", sa.String(40)),
    )


def _jobs() -> None:
    op.create_table(
        "job",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("arguments", sa.JSON, nullable=False),
        sa.Column("state", sa.String(20), nullable=False, index=True),
        sa.Column("share", sa.Float, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("result", sa.JSON, nullable=False),
        sa.Column("given_by", sa.String(400), nullable=False),
        sa.Column("created", sa.String(40), nullable=False),
        sa.Column("started", sa.String(40)),
        sa.Column("heartbeat", sa.String(40)),
        sa.Column("finished", sa.String(40)),
        sa.Column("cancel", sa.Boolean, nullable=False),
        sa.Column("worker", sa.String(60)),
        sa.Column("attempts", sa.Integer, nullable=False),
    )


def _audit() -> None:
    """Each row holds the hash of the row before it, and the database refuses to change one."""
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("who", sa.String(400), nullable=False),
        sa.Column("what", sa.String(40), nullable=False),
        sa.Column("about", sa.JSON, nullable=False),
        sa.Column("previous", sa.String(64), nullable=False, unique=True),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    if op.get_bind().dialect.name == "sqlite":
        for deed in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_no_{deed.lower()} BEFORE {deed} ON audit "
                "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION keep_audit() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$"
    )
    op.execute("CREATE TRIGGER audit_kept BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION keep_audit()")
    for table in ("audit", "decision"):  # emptying a table at one stroke runs no trigger of its rows
        op.execute(
            f"CREATE TRIGGER {table}_not_emptied BEFORE TRUNCATE ON {table} "
            f"EXECUTE FUNCTION keep_{'audit' if table == 'audit' else 'decisions'}()"
        )


def _words() -> None:
    """The normalised text of each turn, found by any three letters of it, so that prefixes do not hide a word."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("CREATE VIRTUAL TABLE spoken USING fts5(text, tokenize = 'trigram')")
    else:
        op.create_table(
            "spoken",
            sa.Column("rowid", sa.BigInteger, primary_key=True, autoincrement=False),
            sa.Column("text", sa.Text, nullable=False),
        )
        _index_letters()
    _index_words_said_so_far()


def _index_letters() -> None:
    """Index any three letters with PostgreSQL's own extension; without it, the search reads every turn."""
    connection = op.get_bind()
    here = sa.text("SELECT count(*) FROM pg_extension WHERE extname = 'pg_trgm'")
    may = sa.text(
        "SELECT count(*) FROM pg_available_extensions "
        "WHERE name = 'pg_trgm' AND has_database_privilege(current_database(), 'CREATE')"
    )
    if not connection.scalar(here):
        if not connection.scalar(may):
            return
        op.execute("CREATE EXTENSION pg_trgm")
    op.execute("CREATE INDEX spoken_by_letters ON spoken USING gin (text gin_trgm_ops)")


def _index_words_said_so_far() -> None:
    """Index older transcripts as the store does new ones: a row's number is the transcript's id and the turn's."""
    connection = op.get_bind()
    spoken = sa.table("spoken", sa.column("rowid"), sa.column("text"))
    for (transcript_id,) in connection.execute(sa.text("SELECT id FROM transcript ORDER BY id")).all():
        of_it = {"id": transcript_id}
        text = connection.execute(sa.text("SELECT text FROM transcript WHERE id = :id"), of_it).scalar_one()
        turns = sa.text('SELECT number, start, "end" FROM turn WHERE transcript_id = :id')
        found = [tuple(turn) for turn in connection.execute(turns, of_it)] or [(0, 0, len(text))]
        rows = [{"rowid": (transcript_id << 24) + n, "text": normalise(text[start:end])} for n, start, end in found]
        connection.execute(sa.insert(spoken), rows)


def _lists_and_counts() -> None:
    """Codings of a coder in the order of the transcripts, and answered suggestions by code, to list and to count."""
    op.drop_index("ix_coding_coder_id", "coding")
    op.create_index("coding_by_coder", "coding", ["coder_id", "transcript_id", "start"])
    given = sa.text("answer IS NOT NULL")
    columns = ["coder_id", "code", "transcript_id"]
    op.create_index("answered_by_code", "coding", columns, sqlite_where=given, postgresql_where=given)
