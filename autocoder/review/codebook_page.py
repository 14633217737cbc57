"""The codebook beside the desk: its colours as a stylesheet."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from autocoder.review.colours import stylesheet
from autocoder.review.reviewer import store_of


def colours(request: Request) -> Response:
    """Send the colours of the codes; the address names the version, so a browser may keep them."""
    headers = {"cache-control": "private, max-age=3600"}
    return Response(stylesheet(store_of(request).codebook()), media_type="text/css", headers=headers)


routes = [Route("/codes.css", colours)]
