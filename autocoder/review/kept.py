"""A figure that takes longer than a page may wait: made beside the page, kept, and made anew when the study changed."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from autocoder.errors import AutocoderError

Value = TypeVar("Value")
_log = logging.getLogger(__name__)


class Kept(Generic[Value]):
    """Holds the last value; a page gets what is there at once, and at most one thread makes a newer one.

    ``version`` tells cheaply whether the study changed, and a value is not made anew before it is ``rest`` seconds old.
    """

    def __init__(self, make: Callable[[], Value], version: Callable[[], Hashable], rest: float = 30.0) -> None:
        self._make = make
        self._version = version
        self._rest = rest
        self._value: Value | None = None
        self._made_for: Hashable = None
        self._made_at = -float("inf")
        self._busy = threading.Lock()

    def latest(self) -> Value | None:
        """Return the last value, None while the first one is made; ask for a newer one where it is due."""
        if time.monotonic() - self._made_at >= self._rest and not self._busy.locked():
            threading.Thread(target=self._renew, daemon=True).start()
        return self._value

    def now(self) -> Value:
        """Return a value that is at most ``rest`` seconds old, made here if it has to be."""
        with self._busy:
            if self._value is None or time.monotonic() - self._made_at >= self._rest:
                return self._renewed()
            return self._value

    def _renew(self) -> None:
        if not self._busy.acquire(blocking=False):
            return
        try:
            self._renewed()
        except AutocoderError as fault:
            _log.warning("%s", fault)
        finally:
            self._made_at = time.monotonic()
            self._busy.release()

    def _renewed(self) -> Value:
        version = self._version()
        if self._value is None or version != self._made_for:
            self._value, self._made_for = self._make(), version
        self._made_at = time.monotonic()
        return self._value
