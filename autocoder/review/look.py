"""How the page looks: language, theme and text size, chosen in the head of every page and kept in a cookie."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from autocoder.review.pages import Look

ONE_YEAR = 365 * 24 * 3600


async def choose(request: Request) -> Response:
    """Keep the choice and go back to where it was made."""
    form = await request.form()
    language, theme, size, back = (str(form.get(name, "")) for name in ("language", "theme", "size", "back"))
    response = RedirectResponse(local(back), 303)
    response.set_cookie(
        "look",
        Look.known(language, theme, size).cookie,
        max_age=ONE_YEAR,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return response


def local(address: str) -> str:
    """Return the address when it is a path of this server, else the first page: nobody is sent elsewhere from here."""
    is_path = address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if is_path and address.isprintable() else "/"


routes = [Route("/look", choose, methods=["POST"])]
