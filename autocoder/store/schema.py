"""The tables of a project, as the migrations leave them."""

from __future__ import annotations

import sqlalchemy as sa

schema = sa.MetaData()
codebook = sa.Table(
    "codebook",
    schema,
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("at", sa.String),
    sa.Column("change", sa.Text),
    sa.Column("content", sa.JSON),
)
transcript = sa.Table(
    "transcript",
    schema,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String),
    sa.Column("text", sa.Text),
    sa.Column("sha256", sa.String),
    sa.Column("variables", sa.JSON),
    sa.Column("speakers", sa.JSON),
    sa.Column("groups", sa.JSON),
)
turn = sa.Table(
    "turn",
    schema,
    sa.Column("transcript_id", sa.Integer, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("start", sa.Integer),
    sa.Column("end", sa.Integer),
    sa.Column("speaker", sa.String),
    sa.Column("role", sa.String),
    sa.Column("time", sa.Float),
)
coder = sa.Table(
    "coder",
    schema,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String),
    sa.Column("kind", sa.String),
)
coding = sa.Table(
    "coding",
    schema,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("transcript_id", sa.Integer),
    sa.Column("start", sa.Integer),
    sa.Column("end", sa.Integer),
    sa.Column("code", sa.String),
    sa.Column("coder_id", sa.Integer),
    sa.Column("origin", sa.String),
    sa.Column("score", sa.Float),
    sa.Column("memo", sa.Text),
    sa.Column("created", sa.String),
    sa.Column("codebook_version", sa.Integer),
    sa.Column("weight", sa.Float),
    sa.Column("answer", sa.Integer),
    sa.Column("made_by", sa.Integer),
)
skipped = sa.Table(
    "skipped",
    schema,
    sa.Column("coding_id", sa.Integer, primary_key=True),
    sa.Column("coder_id", sa.Integer, primary_key=True),
    sa.Column("decision", sa.Integer),
)
decision = sa.Table(
    "decision",
    schema,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("coder_id", sa.Integer),
    sa.Column("at", sa.String),
    sa.Column("transcript_id", sa.Integer),
    sa.Column("start", sa.Integer),
    sa.Column("end", sa.Integer),
    sa.Column("before", sa.JSON),
    sa.Column("after", sa.JSON),
    sa.Column("saw_suggestion", sa.Boolean),
    sa.Column("shown", sa.JSON),
    sa.Column("score", sa.Float),
    sa.Column("seconds", sa.Float),
    sa.Column("model", sa.String),
    sa.Column("codebook_version", sa.Integer),
    sa.Column("mode", sa.String),
    sa.Column("action", sa.String),
    sa.Column("new_start", sa.Integer),
    sa.Column("new_end", sa.Integer),
    sa.Column("memo", sa.Text),
    sa.Column("reason", sa.String),
    sa.Column("undoes", sa.Integer),
    sa.Column("batch", sa.String),
)
file_read = sa.Table(
    "file_read",
    schema,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String),
    sa.Column("sha256", sa.String),
    sa.Column("at", sa.String),
    sa.Column("source", sa.String),
)
held = sa.Table(
    "held",
    schema,
    sa.Column("file_id", sa.Integer, primary_key=True),
    sa.Column("transcript_id", sa.Integer, primary_key=True),
    sa.Column("start", sa.Integer, primary_key=True),
    sa.Column("end", sa.Integer, primary_key=True),
    sa.Column("code", sa.String, primary_key=True),
    sa.Column("coder_id", sa.Integer, primary_key=True),
    sa.Column("said", sa.String),
)
memo = sa.Table(
    "memo",
    schema,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("transcript_id", sa.Integer),
    sa.Column("start", sa.Integer),
    sa.Column("end", sa.Integer),
    sa.Column("code", sa.String),
    sa.Column("title", sa.Text),
    sa.Column("text", sa.Text),
    sa.Column("author", sa.String),
    sa.Column("created", sa.String),
    sa.Column("made_by", sa.Integer),
)
precoded = sa.Table(
    "precoded",
    schema,
    sa.Column("coder_id", sa.Integer, primary_key=True),
    sa.Column("transcript_id", sa.Integer, primary_key=True),
)
agreement_look = sa.Table(
    "agreement_look",
    schema,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", sa.String),
    sa.Column("margin", sa.Float),
)
check = sa.Table(
    "check_passage",
    schema,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("kind", sa.String),
    sa.Column("coder_id", sa.Integer),
    sa.Column("transcript_id", sa.Integer),
    sa.Column("start", sa.Integer),
    sa.Column("end", sa.Integer),
    sa.Column("code", sa.String),
    sa.Column("score", sa.Float),
    sa.Column("model", sa.String),
    sa.Column("at", sa.String),
    sa.Column("drawn_by", sa.Integer),
    sa.Column("answer", sa.Integer),
)
assignment = sa.Table(
    "assignment",
    schema,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("transcript_id", sa.Integer),
    sa.Column("coder_id", sa.Integer),
    sa.Column("task", sa.String),
    sa.Column("given_by", sa.String),
    sa.Column("at", sa.String),
    sa.Column("committed", sa.String),
)
seen = sa.Table(
    "seen",
    schema,
    sa.Column("coder_id", sa.Integer, primary_key=True),
    sa.Column("transcript_id", sa.Integer, primary_key=True),
    sa.Column("at", sa.String),
)
setting = sa.Table(
    "setting",
    schema,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("value", sa.JSON),
)
account = sa.Table(
    "account",
    schema,
    sa.Column("coder_id", sa.Integer, primary_key=True),
    sa.Column("password", sa.String),
    sa.Column("role", sa.String),
    sa.Column("created", sa.String),
    sa.Column("failures", sa.Integer),
    sa.Column("locked_until", sa.String),
    sa.Column("disabled", sa.String),
)
invitation = sa.Table(
    "invitation",
    schema,
    sa.Column("token", sa.String, primary_key=True),
    sa.Column("coder", sa.String),
    sa.Column("role", sa.String),
    sa.Column("given_by", sa.String),
    sa.Column("expires", sa.String),
    sa.Column("used", sa.String),
)
job = sa.Table(
    "job",
    schema,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("kind", sa.String),
    sa.Column("arguments", sa.JSON),
    sa.Column("state", sa.String),
    sa.Column("share", sa.Float),
    sa.Column("message", sa.Text),
    sa.Column("result", sa.JSON),
    sa.Column("given_by", sa.String),
    sa.Column("created", sa.String),
    sa.Column("started", sa.String),
    sa.Column("heartbeat", sa.String),
    sa.Column("finished", sa.String),
    sa.Column("cancel", sa.Boolean),
    sa.Column("worker", sa.String),
    sa.Column("attempts", sa.Integer),
)
audit = sa.Table(
    "audit",
    schema,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", sa.String),
    sa.Column("who", sa.String),
    sa.Column("what", sa.String),
    sa.Column("about", sa.JSON),
    sa.Column("previous", sa.String),
    sa.Column("hash", sa.String),
)
spoken = sa.Table(
    "spoken",
    schema,
    sa.Column("rowid", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("text", sa.Text),
)
revision = sa.Table("alembic_version", sa.MetaData(), sa.Column("version_num", sa.String))
