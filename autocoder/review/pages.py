"""A page or a part of one from its template, in the reader's language, look and text size."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from autocoder.report.words import Language
from autocoder.review.keys import CAPS, SIGNS
from autocoder.review.reviewer import Reviewer
from autocoder.review.sentences import in_language
from autocoder.review.words import words

THEMES = ("system", "light", "dark")
SIZES = ("100", "115", "130", "150", "175", "200")
# what the head of every page leads to, and whether only a lead goes there
PLACES = (
    ("/confirm", "confirm", False),
    ("/sweep", "sweep", False),
    ("/blind", "blind", False),
    ("/adjudicate", "adjudicate", False),
    ("/browse", "browse", False),
    ("/progress", "progress", False),
    ("/jobs", "jobs", True),
    ("/assignments", "assignments", True),
    ("/people", "people", True),
)


@dataclass(frozen=True)
class Look:
    """How the reader wants the page; kept in a cookie of its own, and anything unknown in it is ignored."""

    language: Language = Language.HEBREW
    theme: str = "system"
    size: str = "100"

    @classmethod
    def of(cls, request: Request) -> Look:
        """Return the look that the cookie asks for."""
        language, theme, size, *_ = (*request.cookies.get("look", "").split("."), "", "", "")
        return cls.known(language, theme, size)

    @classmethod
    def known(cls, language: str, theme: str, size: str) -> Look:
        """Return the look of these words, with what is usual in place of a word that is not known."""
        return cls(
            Language(language) if language in tuple(Language) else cls.language,
            theme if theme in THEMES else cls.theme,
            size if size in SIZES else cls.size,
        )

    @property
    def cookie(self) -> str:
        """The value of the cookie."""
        return f"{self.language.value}.{self.theme}.{self.size}"


@dataclass(frozen=True)
class Place:
    """A link in the head of the page; ``word`` is its key in the words."""

    path: str
    word: str
    current: bool


def places(request: Request) -> tuple[Place, ...]:
    """Return where this person may go, of what the application serves."""
    reviewer = getattr(request.state, "reviewer", None)
    served = {route.path for route in request.app.routes if isinstance(route, Route)}
    leads = isinstance(reviewer, Reviewer) and reviewer.leads
    here = request.url.path
    return tuple(
        Place(path, word, here == path or here.startswith(f"{path}/"))
        for path, word, lead in PLACES
        if path in served and (leads or not lead) and (path != "/people" or request.app.state.door.team)
    )


def way_out(request: Request) -> str:
    """Return the word for leaving: a team signs out, and who works alone goes on under another name."""
    door = getattr(request.app.state, "door", None)
    if door is None or getattr(request.state, "reviewer", None) is None:
        return ""
    return "sign_out" if door.team else "change_coder"


def wants_part(request: Request) -> bool:
    """Return whether htmx asks, which swaps a part of the page, rather than a browser that wants a whole one."""
    return "hx-request" in request.headers


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("autocoder.review"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {"caps": CAPS, "signs": SIGNS}
    return made


def page(request: Request, template: str, status: int = 200, **values: object) -> HTMLResponse:
    """Return a template as a response; every value is escaped where it is written."""
    look = Look.of(request)
    reviewer = getattr(request.state, "reviewer", None)
    query = f"?{request.url.query}" if request.url.query else ""
    whole = _environment().get_template(template)
    text = whole.render(
        w=words(look.language),
        look=look,
        language=look.language,
        themes=THEMES,
        sizes=SIZES,
        reviewer=reviewer,
        project=request.app.state.store.name if reviewer else "",  # a stranger is not told what is studied here
        places=places(request),
        way_out=way_out(request),
        here=request.url.path,
        back=request.url.path + query,
        told=partial(in_language, language=look.language),
        **values,
    )
    return HTMLResponse(text, status)
