"""Versions of the codebook: adding one, and which older ones worded a code otherwise than the latest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache

import sqlalchemy as sa

from autocoder.project import Code, Codebook
from autocoder.store import schema as t
from autocoder.store.audit import Deed, append
from autocoder.store.codebooks import codebook_from_json
from autocoder.store.study import Store, insert_codebook


def add_version(store: Store, edit: Callable[[Codebook], Codebook], change: str, who: str, at: str) -> Codebook:
    """Add the version that ``edit`` makes of the latest one, and return it; what it raises leaves the codebook alone.

    Two who edit at once come one after another.
    """
    with store.writing() as connection:
        if connection.dialect.name == "postgresql":  # SQLite's writers have their lock already
            connection.execute(sa.text("LOCK TABLE codebook IN SHARE ROW EXCLUSIVE MODE"))
        newest = sa.select(t.codebook.c.version, t.codebook.c.content).order_by(t.codebook.c.version.desc()).limit(1)
        version, content = connection.execute(newest).one()
        edited = replace(edit(codebook_from_json(content, version)), version=version + 1)
        insert_codebook(connection, edited, change, at)
        append(connection, who, Deed.CODEBOOK, {"version": edited.version}, at)
    return edited


def reworded(store: Store) -> Mapping[str, frozenset[int]]:
    """Return, for each code of the latest version, the versions in which its definition or its rules were others.

    A coding made under one of them is to be looked at again: it was coded under another version.
    """
    with store.reading() as connection:
        latest = connection.scalars(sa.select(sa.func.max(t.codebook.c.version))).one()
    return _reworded(store, latest)


@lru_cache(maxsize=4)
def _reworded(store: Store, latest: int) -> Mapping[str, frozenset[int]]:
    versions = [book for book in store.codebooks() if book.version <= latest]
    newest = versions[-1]
    return {
        code.id: older
        for code in newest
        if (older := frozenset(b.version for b in versions if code.id in b and _rules(b[code.id]) != _rules(code)))
    }


def _rules(code: Code) -> tuple[object, ...]:
    """What says which passages belong to a code; its names and colour do not."""
    return (code.definition_he, code.definition_en, code.include, code.exclude)
