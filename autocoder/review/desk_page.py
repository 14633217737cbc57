"""The desk as a page: transcript, card and codebook side by side, whole or only what changes with the next card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from autocoder.review.choice import Choice
from autocoder.review.pages import Look, page, wants_part
from autocoder.review.panes import Names, Shown, entries
from autocoder.review.reviewer import store_of


@dataclass(frozen=True)
class Said:
    """What has just happened, for the line that is read out: a key of the words, and what it speaks of."""

    word: str = ""
    about: str = ""
    warns: bool = False


@dataclass(frozen=True)
class Desk:
    """What stands on the desk besides the card; ``codes`` are those that the card speaks of.

    ``ticks`` says whether codes may be chosen in the codebook, ``card`` names the card, "" where nothing is left.
    """

    mode: str
    choice: Choice
    names: Names
    card: str = ""
    transcript: Shown | None = None
    codes: Sequence[str] = ()
    said: Said = Said()
    ticks: bool = True

    @property
    def address(self) -> str:
        """The address of the card that is shown."""
        return self.choice.address(card=self.card) if self.card else self.choice.address()


def respond(request: Request, desk: Desk, status: int = 200, **values: object) -> Response:
    """Return the desk; to htmx, the card with the transcript and the line that says what was saved."""
    find = request.query_params.get("find", "")
    if wants_part(request):
        response = page(request, "desk/part.html", status, desk=desk, **values)
        response.headers["HX-Replace-Url"] = desk.address
        return response
    tree = entries(desk.names.codebook, find)
    return page(request, "desk/page.html", status, desk=desk, tree=tree, find=find, **values)


def names_of(request: Request) -> Names:
    """Return the codebook as it is called in the reader's language."""
    return Names(store_of(request).codebook(), Look.of(request).language)
