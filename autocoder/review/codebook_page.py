"""The codebook beside the desk: its colours, passages coded with a code, and a new code as a proposal."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from autocoder.review.colours import stylesheet
from autocoder.review.desk_page import names_of
from autocoder.review.examples import coded_with
from autocoder.review.forms import with_form
from autocoder.review.look import local
from autocoder.review.pages import page, wants_part
from autocoder.review.proposals import Proposal, propose
from autocoder.review.reviewer import reviewer_of, store_of
from autocoder.steps import now


def colours(request: Request) -> Response:
    """Send the colours of the codes."""
    return Response(stylesheet(store_of(request).codebook()), media_type="text/css")


def examples(request: Request) -> Response:
    """Show passages that people coded with a code, once it is opened; beside blind coding, only what that allows."""
    asked, names = request.query_params, names_of(request)
    code, blind = asked.get("code", ""), asked.get("blind")
    if code not in names.codebook:
        raise HTTPException(404)
    found = coded_with(store_of(request), reviewer_of(request).coder, code, blind)
    template = "desk/coded.html" if wants_part(request) else "coded.html"
    return page(request, template, code=code, found=found, names=names, blind=blind is not None)


@with_form
def add(request: Request, form: FormData) -> Response:
    """Add a code as a proposal and go back to the card, where it can be chosen at once."""
    said = {name: str(form.get(name, "")) for name in ("name_he", "name_en", "definition")}
    propose(
        store_of(request), reviewer_of(request), Proposal(**said, parent=str(form.get("parent", "")) or None), now()
    )
    return RedirectResponse(local(str(form.get("back", ""))), 303)


routes = [
    Route("/codes.css", colours),
    Route("/codebook/examples", examples),
    Route("/codebook/propose", add, methods=["POST"]),
]
