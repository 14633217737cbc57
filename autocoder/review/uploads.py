"""Files that a browser sends, written straight into the project's folder while they come; nothing is held in memory.

What comes is counted as it comes: a body above the cap is broken off there, whatever its header said, and what was
written of it is removed. A file's name is kept as far as every system takes it, without any part of a path.
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from autocoder.errors import AutocoderError
from autocoder.review.job_files import UPLOADS, safe_name
from autocoder.text import normalise

if TYPE_CHECKING:  # it names a type that exists for checkers alone
    from python_multipart.multipart import MultipartCallbacks

MOST_BYTES = 512 * 1024**2
MOST_FILES = 500
MOST_FIELD = 10_000


class UploadRefused(AutocoderError):
    """Files that are not taken; ``too_large`` when there was too much of them."""

    def __init__(self, sentence: str, too_large: bool = False) -> None:
        super().__init__(sentence)
        self.too_large = too_large


@dataclass(frozen=True)
class Upload:
    """What a form held: its files in a folder, in the order in which they came, and its other fields."""

    folder: Path
    files: tuple[str, ...]
    fields: dict[str, str]


@contextmanager
def receiving(project: Path) -> Iterator[Path]:
    """Give a folder of the project for what is being received; what is left in it at the end is removed."""
    place = project / UPLOADS
    place.mkdir(mode=0o700, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".receiving-", dir=place, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


async def receive(request: Request, folder: Path, most: int = MOST_BYTES) -> Upload:
    """Write the files of a multipart form into a folder; raise UploadRefused for what is too large or no such form."""
    kind, options = parse_options_header(request.headers.get("content-type"))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise UploadRefused("the form did not come as files; choose the files again and send them.")
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > most:
        raise _too_large(most)
    form = _Form(folder)
    try:
        parser = MultipartParser(options[b"boundary"], form.callbacks)
        async for chunk in _counted(request.stream(), most):
            parser.write(chunk)
        parser.finalize()
    except FormParserError:
        raise UploadRefused("the files did not arrive whole; send them again.") from None
    except OSError as fault:
        raise UploadRefused(f"the files cannot be kept ({fault.strerror}); free some space on the disk.") from None
    finally:
        form.close()
    if not form.whole:
        raise UploadRefused("the files did not arrive whole; send them again.")
    if not form.files:
        raise UploadRefused("no file was chosen; choose one or more and send them.")
    return Upload(folder, tuple(form.files.values()), form.fields)


async def _counted(stream: AsyncIterator[bytes], most: int) -> AsyncIterator[bytes]:
    came = 0
    async for chunk in stream:
        came += len(chunk)
        if came > most:
            raise _too_large(most)
        yield chunk


def _too_large(most: int) -> UploadRefused:
    what = f"the files are more than the {most // 1024**2} MB that are taken at once"
    return UploadRefused(f"{what}; send fewer at a time, or import them with the command autocoder import.", True)


@dataclass
class _Form:
    """The state of a form that is coming in, part by part; the parser calls it with pieces of the body."""

    folder: Path
    files: dict[str, str] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)
    whole: bool = False
    _header: bytearray = field(default_factory=bytearray)
    _value: bytearray = field(default_factory=bytearray)
    _disposition: bytes = b""
    _name: str = ""
    _text: bytearray = field(default_factory=bytearray)
    _file: BinaryIO | None = None
    _skipped: bool = False

    @property
    def callbacks(self) -> MultipartCallbacks:
        """What the parser calls."""
        return {
            "on_part_begin": self.part_begin,
            "on_part_data": self.part_data,
            "on_part_end": self.part_end,
            "on_header_field": self.header_field,
            "on_header_value": self.header_value,
            "on_header_end": self.header_end,
            "on_headers_finished": self.headers_finished,
            "on_end": self.end,
        }

    def close(self) -> None:
        """Close the file that is open."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def end(self) -> None:
        """Note that the last boundary came."""
        self.whole = True

    def part_begin(self) -> None:
        """Forget the part before."""
        self._disposition, self._name, self._skipped = b"", "", False
        self._text.clear()

    def header_field(self, data: bytes, start: int, end: int) -> None:
        """Take a piece of a header's name."""
        self._header += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        """Take a piece of a header's value."""
        self._value += data[start:end]

    def header_end(self) -> None:
        """Keep the one header that matters."""
        if self._header.lower() == b"content-disposition":
            self._disposition = bytes(self._value)
        self._header.clear()
        self._value.clear()

    def headers_finished(self) -> None:
        """Open the file that follows, under a name that leads nowhere else."""
        _, options = parse_options_header(self._disposition)
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        if b"filename" not in options:
            return
        given = options[b"filename"].decode("utf-8", "replace")
        name = safe_name(given)
        if not name:
            self._skipped = True  # an empty field for files comes as a file without a name
            return
        key = normalise(name).casefold()
        if key in self.files:
            raise UploadRefused(f"two files are called {name}; send them one after the other, or rename one.")
        if len(self.files) >= MOST_FILES:
            raise UploadRefused(f"there are more than {MOST_FILES} files; send fewer at a time.", True)
        self.files[key] = name
        self._file = (self.folder / name).open("xb")

    def part_data(self, data: bytes, start: int, end: int) -> None:
        """Write a piece of a file, or take a piece of a field."""
        if self._file is not None:
            self._file.write(data[start:end])
        elif not self._skipped:
            self._text += data[start:end]
            if len(self._text) > MOST_FIELD:
                raise UploadRefused("a field of the form is too long; send the files again.", True)

    def part_end(self) -> None:
        """Close the file, or keep the field."""
        if self._file is not None:
            self.close()
        elif not self._skipped:
            if len(self.fields) >= MOST_FILES:
                raise UploadRefused("the form has too many fields; send the files again.", True)
            self.fields[self._name] = self._text.decode("utf-8", "replace")
