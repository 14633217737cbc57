"""A page or a part of one from its template, in the reader's language, look and text size."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from autocoder.report.words import Language
from autocoder.review.words import words

THEMES = ("system", "light", "dark")
SIZES = ("100", "115", "130", "150", "175", "200")


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
        return cls(
            Language(language) if language in tuple(Language) else cls.language,
            theme if theme in THEMES else cls.theme,
            size if size in SIZES else cls.size,
        )

    @property
    def cookie(self) -> str:
        """The value of the cookie."""
        return f"{self.language.value}.{self.theme}.{self.size}"


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("autocoder.review"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page(request: Request, template: str, status: int = 200, **values: object) -> HTMLResponse:
    """Return a template as a response; every value is escaped where it is written."""
    look = Look.of(request)
    whole = _environment().get_template(template)
    text = whole.render(
        w=words(look.language),
        look=look,
        language=look.language,
        reviewer=getattr(request.state, "reviewer", None),
        here=request.url.path,
        **values,
    )
    return HTMLResponse(text, status)
