"""Who sits before the page, and what that person may do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from starlette.requests import Request

from autocoder.store import Store


class Role(StrEnum):
    """A lead also assigns, trains, imports, exports and changes settings; alone on a computer, everybody is a lead."""

    CODER = "coder"
    LEAD = "lead"


@dataclass(frozen=True)
class Reviewer:
    """A person at the page; ``coder`` is the name under which the person's codings stand."""

    coder: str
    role: Role = Role.CODER

    @property
    def leads(self) -> bool:
        """Whether the person may do what only a lead may."""
        return self.role is Role.LEAD


def reviewer_of(request: Request) -> Reviewer:
    """Return who asks; the guard lets no request of a stranger through to a page."""
    found = request.state.reviewer
    assert isinstance(found, Reviewer)  # noqa: S101
    return found


def store_of(request: Request) -> Store:
    """Return the project that is served."""
    found = request.app.state.store
    assert isinstance(found, Store)  # noqa: S101
    return found
