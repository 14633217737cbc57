"""The desk as a page: transcript, card and codebook side by side, whole or only what changes with the next card."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from autocoder.project import Span, Transcript
from autocoder.review.choice import Choice
from autocoder.review.drawing import Stripe
from autocoder.review.pages import Look, page, wants_part
from autocoder.review.panes import Names, Shown, entries, shown
from autocoder.review.present import Present
from autocoder.review.reviewer import reviewer_of, store_of
from autocoder.review.words import words


@dataclass(frozen=True)
class Said:
    """What has just happened, for the line that is read out: a key of the words, and what it speaks of."""

    word: str = ""
    about: str = ""
    warns: bool = False
    of: str = ""


@dataclass(frozen=True)
class Desk:
    """What stands on the desk besides the card; ``codes`` are those that the card speaks of.

    ``ticks`` says whether codes may be chosen in the codebook, ``ticked`` are those chosen already, and ``memo`` what
    is written already, in a form that was refused; ``card`` names the card, "" where nothing is left.
    """

    mode: str
    choice: Choice
    names: Names
    card: str = ""
    transcript: Shown | None = None
    codes: Sequence[str] = ()
    said: Said = Said()
    ticks: bool = True
    ticked: Sequence[str] = ()
    memo: str = ""

    @property
    def address(self) -> str:
        """The address of the card that is shown."""
        return self.choice.address(card=self.card) if self.card else self.choice.address()

    def examples(self, code: str) -> str:
        """The address of passages coded with a code, which says whether they are shown beside blind coding."""
        blind = {"blind": self.choice.transcript} if self.mode.startswith("blind") else {}
        return f"/codebook/examples?{urlencode({'code': code, **blind})}"


def respond(request: Request, desk: Desk, status: int = 200, **values: object) -> Response:
    """Return the desk; to htmx, the card with the transcript and the line that says what was saved."""
    find = request.query_params.get("find", "")
    if only_turns(request):
        return page(request, "desk/turns.html", view=desk.transcript)
    if wants_part(request):
        response = page(request, "desk/part.html", status, desk=desk, **values)
        response.headers["HX-Replace-Url"] = desk.address
        return response
    tree = entries(desk.names.codebook, find)
    return page(request, "desk/page.html", status, desk=desk, tree=tree, find=find, **values)


def names_of(request: Request) -> Names:
    """Return the codebook as it is called in the reader's language."""
    return Names(store_of(request).codebook(), Look.of(request).language)


def pane(
    request: Request, transcript: Transcript, stripes: Iterable[Stripe], focus: Span | None, names: Names, address: str
) -> Shown:
    """Return the transcript as it is asked for: around the passage, whole, or some turns of it."""
    asked = request.query_params
    coder = reviewer_of(request).coder
    return shown(transcript, stripes, focus, names, coder, address, asked.get("turns", ""), "whole" in asked)


def only_turns(request: Request) -> bool:
    """Return whether htmx asks for the turns that were not drawn at once."""
    return wants_part(request) and "turns" in request.query_params


def present_of(request: Request) -> Present:
    """Return who has what in view."""
    found = request.app.state.present
    assert isinstance(found, Present)  # noqa: S101
    return found


def seconds_in(form: FormData) -> float | None:
    """Return how long the card was looked at, as the browser measured it."""
    seconds = str(form.get("seconds", ""))
    return float(seconds) if re.fullmatch(r"[0-9]{1,7}(\.[0-9]{1,3})?", seconds) else None


def codes_in(form: FormData | None) -> tuple[str, ...]:
    """Return the codes that were ticked in the codebook."""
    return () if form is None else tuple(str(code) for code in form.getlist("codes"))


def memo_in(form: FormData | None) -> str:
    """Return what was written in the field of the memo."""
    return "" if form is None else str(form.get("memo", ""))


def not_allowed(request: Request, mode: str) -> Response:
    """Say why a passage is not shown."""
    sentence = words(Look.of(request).language)[f"not_allowed_{mode}"]
    response = page(request, "problem.html", 403, sentence=sentence, reason=403)
    response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "body", "innerHTML"
    return response
