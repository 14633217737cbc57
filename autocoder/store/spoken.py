"""The index of words: the normalised text of each turn, written when a transcript comes in.

A row's number tells its turn, so that the words of one transcript lie in one range of rows.
"""

from __future__ import annotations

import sqlalchemy as sa

from autocoder.project import Transcript
from autocoder.store import schema as t
from autocoder.text import normalise

TURN_BITS = 24


def place(transcript_id: int, turn: int = 0) -> int:
    """Return the number of the row that holds a turn's words."""
    return (transcript_id << TURN_BITS) + turn


def turn_at(row: int) -> tuple[int, int]:
    """Return the transcript's id and the number of the turn whose words a row holds."""
    return row >> TURN_BITS, row & ((1 << TURN_BITS) - 1)


def insert_spoken(connection: sa.Connection, transcript_id: int, transcript: Transcript) -> None:
    """Index what is said in a transcript, in the transaction that brings it in; one without turns is one turn."""
    sayings = [transcript.quote(turn.span) for turn in transcript.turns] or [transcript.text]
    rows = [{"rowid": place(transcript_id, n), "text": normalise(saying)} for n, saying in enumerate(sayings)]
    connection.execute(sa.insert(t.spoken), rows)
