"""How much the pages of a PDF paint, reckoned before PDFium opens it, which knows no limit of memory.

A page, and a form that pages and other forms paint (``/X Do``), is a stream of operators; what each operator paints is
an object in memory. So the operators are counted in every stream, and a form as often as it is painted. The file is
looked through for its objects (ISO 32000-1, 7.3 and 7.5.7) without its tables of references, which may lie. A stream of
another kind, a font or a picture, holds few bytes that look like operators.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from autocoder.errors import FileRefused
from autocoder.formats.archive import MEMORY, memory_for

_OBJECT = re.compile(rb"(\d{1,10})\s+\d{1,5}\s+obj\b")
_STREAM = re.compile(rb"\bstream\r?\n")
_FIRST = re.compile(rb"/First\s+(\d{1,9})")
_NAMED = re.compile(rb"/([^\s/<>\[\]()]+)\s+(\d{1,10})\s+\d{1,5}\s+R\b")
_REFERENCE = re.compile(rb"(\d{1,10})\s+\d{1,5}\s+R\b")
_CONTENTS = re.compile(rb"/Contents\s*(\[[^\]]*\]|\d{1,10}\s+\d{1,5}\s+R\b)")
_PAINTS = re.compile(rb"/([^\s/<>\[\]()]+)\s+Do\b")
_DEFLATED = b"\x78"
_TEXT, _DRAWN = 1_000, 400  # bytes of memory that PDFium takes for what an operator paints, measured
_TEXT_OPERATORS = (b"Tj", b"TJ", b"'", b'"', b"EI", b"sh")
_DRAWING_OPERATORS = (b"S", b"s", b"f", b"F", b"b", b"B", b" n", b"\nn")
_RESOURCES = (b"Resources", b"XObject", b"Parent")


@dataclass(frozen=True)
class _Object:
    """An object: its dictionary, what its stream paints by itself, and how often it paints each named form."""

    dictionary: bytes
    painted: int = 0
    forms: Mapping[bytes, int] | None = None


class FarTooLarge(ValueError):
    """A page that would take more memory than reading the file may."""


def check_size(path: Path, data: bytes, remedy: str) -> None:
    """Refuse a file with a page that unpacks to more, or paints more, than the memory allowed."""
    try:
        objects = dict(_objects(data))
        pages = _Pages(objects, memory_for(path))
        for number, each in objects.items():
            pages.check(number, each)
    except (FarTooLarge, RecursionError):
        what = "it holds a page, or a part of one, that is far larger than any page with text"
        raise FileRefused(path, what, remedy) from None


def _objects(data: bytes) -> Iterator[tuple[int, _Object]]:
    for begins in _OBJECT.finditer(data):
        end = data.find(b"endobj", begins.end())
        stream = _STREAM.search(data, begins.end(), end if end >= 0 else len(data))
        if stream is None:
            yield int(begins[1]), _Object(data[begins.end() : end if end >= 0 else begins.end() + 1_000])
            continue
        dictionary = data[begins.end() : stream.start()]
        content = _unpacked(data[stream.end() : data.find(b"endstream", stream.end())])
        yield int(begins[1]), _Object(dictionary, _painted(content), Counter(_PAINTS.findall(content)))
        if b"/ObjStm" in dictionary:
            yield from _packed_objects(dictionary, content)


def _unpacked(content: bytes) -> bytes:
    """Undo deflate, also where it was done several times over; another filter is left as it is."""
    while content[:1] == _DEFLATED:
        try:
            content = zlib.decompressobj().decompress(content, MEMORY + 1)
        except zlib.error:
            break
        if len(content) > MEMORY:
            raise FarTooLarge
    return content


def _packed_objects(dictionary: bytes, content: bytes) -> Iterator[tuple[int, _Object]]:
    """Yield the objects of an object stream: at its head their numbers and places in turn."""
    first = _FIRST.search(dictionary)
    start = int(first[1]) if first else 0
    head = [int(each) for each in content[:start].split() if each.isdigit()]
    places = [start + place for place in head[1::2]]
    for number, begin, end in zip(head[::2], places, [*places[1:], len(content)], strict=False):
        yield number, _Object(content[begin:end])


def _painted(content: bytes) -> int:
    texts = sum(map(content.count, _TEXT_OPERATORS))
    return _TEXT * texts + _DRAWN * sum(map(content.count, _DRAWING_OPERATORS))


class _Pages:
    """What the forms and pages of a file paint, every form reckoned once."""

    def __init__(self, objects: Mapping[int, _Object], room: int) -> None:
        self.objects = objects
        self.room = room
        self.known: dict[int, int] = {}

    def check(self, number: int, page: _Object) -> None:
        """Raise FarTooLarge when a stream, or all streams of a page, paint too much."""
        total = self.of_stream(number, page.dictionary) if page.forms is not None else 0
        for contents in _CONTENTS.finditer(page.dictionary):
            total += sum(self.of_stream(int(each[1]), page.dictionary) for each in _REFERENCE.finditer(contents[1]))
        if total > self.room:
            raise FarTooLarge

    def of_stream(self, number: int, dictionary: bytes) -> int:
        """Return what a stream paints with the forms in it, named by a dictionary; nothing paints itself."""
        stream = self.objects.get(number)
        if stream is None or stream.forms is None:
            return 0
        if not stream.forms:
            return stream.painted
        named = dict(self._named(dictionary, 3))
        return stream.painted + sum(
            times * (_DRAWN + self._of_form(named[name])) for name, times in stream.forms.items() if name in named
        )

    def _of_form(self, number: int) -> int:
        if number not in self.known:
            self.known[number] = 0  # while it is reckoned
            form = self.objects.get(number)
            self.known[number] = self.of_stream(number, form.dictionary) if form else 0
            if self.known[number] > self.room:
                raise FarTooLarge
        return self.known[number]

    def _named(self, dictionary: bytes, deep: int) -> Iterator[tuple[bytes, int]]:
        """Yield the objects that a dictionary names, itself and in the resources and pages that it refers to."""
        named = [(name, int(number)) for name, number in _NAMED.findall(dictionary)]
        for name, number in named:
            if name in _RESOURCES and deep and number in self.objects:
                yield from self._named(self.objects[number].dictionary, deep - 1)
        yield from named
