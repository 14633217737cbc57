"""What a reviewer goes through, as it stands in an address: the order, and a transcript or a code alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from autocoder.project import Span
from autocoder.review.desk import Scope
from autocoder.store.queues import Order


@dataclass(frozen=True)
class Choice:
    """The choice of one page; what is not known in an address is as if it were not there."""

    path: str
    order: Order = Order.UNCERTAIN
    transcript: str = ""
    code: str = ""

    @classmethod
    def of(cls, path: str, values: Mapping[str, object]) -> Choice:
        """Return the choice that an address or a form holds."""
        order, transcript, code = (str(values.get(name, "")) for name in ("order", "transcript", "code"))
        return cls(path, Order(order) if order in tuple(Order) else cls.order, transcript, code)

    @property
    def scope(self) -> Scope:
        """The choice as the desk understands it."""
        return Scope(self.order, self.transcript or None, self.code or None)

    @property
    def fields(self) -> dict[str, str]:
        """What a form must send to keep the choice."""
        every = {"order": self.order.value, "transcript": self.transcript, "code": self.code}
        return {name: value for name, value in every.items() if value}

    def address(self, **more: str | int) -> str:
        """Return the address of the page with this choice and more."""
        return f"{self.path}?{urlencode(self.fields | {name: str(value) for name, value in more.items()})}"


def number_in(values: Mapping[str, object], name: str) -> int:
    """Return the number that an address or a form holds, 0 where there is none."""
    text = str(values.get(name) or "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def span_in(values: Mapping[str, object], start: str = "start", end: str = "end") -> Span | None:
    """Return the span that an address or a form holds, or None where there is none."""
    numbers = [str(values.get(name, "")) for name in (start, end)]
    if not all(number.isascii() and number.isdecimal() and len(number) < 10 for number in numbers):
        return None
    first, last = map(int, numbers)
    return Span(first, last) if first < last else None
