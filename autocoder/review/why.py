"""What stands under a suggestion to judge it by: how often its code was right so far, and similar passages."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from autocoder.project import Span
from autocoder.review.examples import Examples, Similar
from autocoder.review.kept import Kept
from autocoder.review.reliability import LEAST, right_so_far
from autocoder.review.reviewer import reviewer_of, store_of
from autocoder.store import Store, counts
from autocoder.store.counts import NO_CHECKS, Checked

RESTS = 300.0


@dataclass(frozen=True)
class Why:
    """``right`` is None while it is worked out, ``enough`` says whether so many were judged that it means something."""

    right: Checked | None
    similar: Similar | None

    @property
    def enough(self) -> bool:
        """Whether blind coding judged enough suggestions of the code."""
        return self.right is not None and self.right.trials >= LEAST


class Reasons:
    """What a running server keeps of this for one project."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._right: dict[str, Kept[dict[str, Checked]]] = {}
        self.examples = Examples(store)

    def why(self, coder: str, transcript: str, span: Span, code: str, model: str) -> Why:
        """Return what is there for a suggestion of a model, without waiting for what is not."""
        right = self._kept(model).latest()
        return Why(
            None if right is None else right.get(code, NO_CHECKS),
            self.examples.similar(coder, transcript, span, code),
        )

    def _kept(self, model: str) -> Kept[dict[str, Checked]]:
        store = self._store
        if model not in self._right:
            self._right[model] = Kept(lambda: right_so_far(store, model), lambda: _moment(store), RESTS)
        return self._right[model]


def _moment(store: Store) -> tuple[int, ...]:
    return (*counts.state(store), *counts.assignments_made(store))


def why(request: Request, transcript: str, span: Span, code: str, model: str) -> Why:
    """Return what to show under the suggestion that a request is about."""
    state = request.app.state
    if not hasattr(state, "reasons"):
        state.reasons = Reasons(store_of(request))
    reasons: Reasons = state.reasons
    return reasons.why(reviewer_of(request).coder, transcript, span, code, model)
