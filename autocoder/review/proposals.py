"""A new code from the desk: a proposal in the codebook, at once usable, to be taken up or dropped by the team."""

from __future__ import annotations

from dataclasses import dataclass, replace

from autocoder.project import Code, Codebook
from autocoder.review.answers import AnswerRefused
from autocoder.review.reviewer import Reviewer
from autocoder.store import Store
from autocoder.store.versions import add_version
from autocoder.text import normalise

LONGEST_NAME = 200
LONGEST_DEFINITION = 5_000


@dataclass(frozen=True)
class Proposal:
    """What a reviewer says of a code that is missing: a name in either language, where it belongs, what it means."""

    name_he: str = ""
    name_en: str = ""
    parent: str | None = None
    definition: str = ""


def propose(store: Store, reviewer: Reviewer, proposal: Proposal, at: str) -> Code:
    """Add the code to a new version of the codebook and return it; raise AnswerRefused where it cannot be added."""
    name_he, name_en = " ".join(proposal.name_he.split()), " ".join(proposal.name_en.split())
    definition = proposal.definition.strip()
    _refuse_sizes(name_he, name_en, definition)
    made: list[Code] = []

    def add(book: Codebook) -> Codebook:
        _refuse_known(book, proposal.parent, (name_he, name_en))
        code = Code(_free_id(book), name_he, name_en, proposal.parent, definition_he=definition, status="proposed")
        made.append(code)
        return replace(book, codes=(*book.codes, code))

    add_version(store, add, f"{name_he or name_en}: proposed by {reviewer.coder}", reviewer.coder, at)
    return made[-1]


def _refuse_sizes(name_he: str, name_en: str, definition: str) -> None:
    if not (name_he or name_en):
        raise AnswerRefused("the new code has no name; give it one in Hebrew or English.")
    if max(len(name_he), len(name_en)) > LONGEST_NAME:
        raise AnswerRefused(f"a code's name has at most {LONGEST_NAME} characters; shorten it.")
    if len(definition) > LONGEST_DEFINITION:
        raise AnswerRefused(f"a definition has at most {LONGEST_DEFINITION} characters; shorten it.")


def _refuse_known(book: Codebook, parent: str | None, names: tuple[str, str]) -> None:
    if parent is not None and parent not in book:
        raise AnswerRefused("the code under which the new one should stand is not in the codebook any more.")
    wanted = {normalise(name).casefold() for name in names if name}
    for code in book:
        known = (code.name_he, code.name_en, *code.aliases)
        if wanted & {normalise(name).casefold() for name in known if name}:
            raise AnswerRefused(f"{code.name} is in the codebook already; choose it.")


def _free_id(book: Codebook) -> str:
    number = 1
    while f"proposed-{number}" in book:
        number += 1
    return f"proposed-{number}"
