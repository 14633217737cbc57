"""Who has which card in view just now: others are shown another one, and who saw a suggestion codes it blind no more.

It lives in the memory of the one process that serves the page, since showing a page writes nothing; what was seen is
written down with the next thing that the person does.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic

from autocoder.review.desk import Card
from autocoder.store import Store
from autocoder.store.assignments import remember_seen

IN_VIEW = 180.0  # seconds for which a card that is shown to one person is kept from the others


class Present:
    """The cards in view, one a person; ``clock`` counts seconds."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._choosing = threading.Lock()
        self._cards: dict[str, tuple[str, float]] = {}
        self._seen: dict[str, set[str]] = {}
        self._written: dict[str, set[str]] = {}

    def shows(self, coder: str, card: str, transcript: str) -> None:
        """Note that a card is on a person's screen, with the suggestions of its transcript."""
        with self._lock:
            self._cards[coder] = (card, self._clock())
            if transcript not in self._written.get(coder, ()):
                self._seen.setdefault(coder, set()).add(transcript)

    def of_others(self, coder: str) -> frozenset[str]:
        """Return the cards that others were shown in the last minutes."""
        with self._lock:
            late = self._clock() - IN_VIEW
            return frozenset(card for who, (card, since) in self._cards.items() if who != coder and since > late)

    def choose(self, coder: str, find: Callable[[frozenset[str]], Card | None]) -> Card | None:
        """Return the card that ``find`` chooses beside those of others, one person at a time, and keep it from others.

        Two people who ask at once would otherwise be given the same one before either is seen to have it.
        """
        with self._choosing:
            found = find(self.of_others(coder))
            if found is not None:
                self.shows(coder, found.id, found.transcript)
        return found

    def write_down(self, store: Store, coder: str, at: str) -> None:
        """Keep in the study in which transcripts a person was shown suggestions; call it before anything is saved."""
        with self._lock:
            seen = self._seen.pop(coder, set())
        if seen:
            remember_seen(store, coder, seen, at)
            with self._lock:
                self._written.setdefault(coder, set()).update(seen)

    def write_down_all(self, store: Store, at: str) -> None:
        """Keep what everybody saw, before the server stops or a lead assigns blind coding."""
        with self._lock:
            people = tuple(self._seen)
        for coder in people:
            self.write_down(store, coder, at)
