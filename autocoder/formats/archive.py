"""Zip containers (.docx, .qdpx, .xlsx) opened with guards, and XML parsed with guards.

``open_archive(path)`` refuses with a :class:`FileRefused`, before anything is unpacked, a file that is

* empty, truncated, no zip, an old Office file or a password-protected one (both are OLE containers);
* holding a member that is encrypted, or whose name is absolute, has a drive or climbs with ``..``;
* growing more than ``MAX_RATIO`` times when unpacked, one member or the whole against the file's size on disk;
* unpacking to more than ``MAX_TOTAL`` bytes.

``Archive.read(name)`` finds a member whatever the case of its letters and the direction of its slashes, and refuses one
above ``MAX_MEMBER`` bytes, a broken checksum and a member that is missing. Nothing is ever written to disk.

``parse_xml(data, path, place)`` refuses a DOCTYPE (and with it every entity and external DTD) and XML that is not well
formed; it never touches the network.

Both refuse what would need more memory than :func:`memory_for` allows a file of that size, so that a small file cannot
fill the computer's memory. What XML needs is reckoned from the number of its tags and attributes before it is parsed.
"""

from __future__ import annotations

import lzma
import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from autocoder.errors import FileRefused

MAX_RATIO = 500
"""How many times a member, or the whole file, may grow; deflate ends at 1,032 and real XML stays under 100."""
MAX_TOTAL = 4 * 1024**3
"""Bytes of all members together; a project with recordings is large, but they are never read."""
MAX_MEMBER = 256 * 1024**2
"""Bytes of one member that is read into memory."""

MEMORY = 256 * 1024**2
"""Bytes of memory that reading any file may take, and for each byte on the disk GROWTH more."""
GROWTH = 36
_NODE = 280
"""Bytes that an element with its text, or an attribute with its value, takes in the tree, measured on libxml2."""
_TEXT = 3
"""How often the text of a document is in memory: as it came, in the tree, and as what is made of it."""

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
_ENCRYPTED_FLAG = 0x1
_DRIVE = re.compile(r"^[A-Za-z]:")
DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, OSError, MemoryError),
    UnicodeDecodeError,
)
"""What ``zipfile`` raises for a damaged archive, for readers that hand the file to another library.

A damaged header of LZMA asks for any amount of memory; a member's name may stand a second time, damaged, before it.
"""


@dataclass(frozen=True)
class Archive:
    """The members of a checked zip file; open it with :func:`open_archive`."""

    path: Path
    members: tuple[zipfile.ZipInfo, ...]

    def names(self) -> tuple[str, ...]:
        """Return the members' names as stored, with forward slashes, without folders."""
        return tuple(_slashes(member.filename) for member in self.members)

    def find(self, name: str) -> str | None:
        """Return the stored name that equals ``name``, or equals it but for the case of letters; None without one."""
        names = self.names()
        if name in names:
            return name
        return next((stored for stored in names if stored.casefold() == name.casefold()), None)

    def read(self, name: str, growth: int = 1) -> bytes:
        """Return the bytes of a member; refuse the file when it is missing, too large or damaged.

        ``growth`` is how many times these bytes what is made of them takes in memory.
        """
        stored = self.find(name)
        if stored is None:
            raise FileRefused(self.path, f"{name} is missing from it", "export or save the file again")
        member = self.members[self.names().index(stored)]
        if member.file_size > MAX_MEMBER:
            what = f"it unpacks to {member.file_size:,} bytes, more than the {MAX_MEMBER:,} that are read"
            raise FileRefused(self.path, what, "split the document and import its parts", stored)
        check_memory(self.path, growth * member.file_size, stored)
        try:
            with zipfile.ZipFile(self.path) as archive:
                return archive.read(member)
        except DAMAGED as error:
            raise FileRefused(self.path, "it is damaged", "get the file again from its source", stored) from error


def open_archive(path: Path) -> Archive:
    """Open a zip container and check it whole; raise FileRefused for what the module's docstring lists."""
    _check_container(path)
    try:
        with zipfile.ZipFile(path) as archive:
            everything = archive.infolist()
    except (*DAMAGED, ValueError) as error:
        what = "it is cut short or damaged (no readable zip directory)"
        raise FileRefused(path, what, "get the file again from its source") from error
    for member in everything:
        _check_member(path, member)
    _check_whole(path, everything)
    return Archive(path, tuple(member for member in everything if not _slashes(member.filename).endswith("/")))


def memory_for(path: Path) -> int:
    """Return how many bytes of memory reading a file may take; programs' files stay well below."""
    return MEMORY + GROWTH * (path.stat().st_size if path.exists() else 0)


def check_memory(path: Path, wanted: int, place: str = "") -> None:
    """Refuse a file that needs more memory than :func:`memory_for` allows."""
    if wanted > memory_for(path):
        what = f"reading it takes about {wanted // 1024**2:,} MB of memory, far more than a file of its size should"
        raise FileRefused(path, what, "split it and import its parts, or do not trust it", place)


def tree_size(data: bytes) -> int:
    """Return about how many bytes an XML document takes in memory with its tree and its text."""
    nodes = data.count(b"<") - data.count(b"</") + data.count(b'="') + data.count(b"='")
    return _TEXT * len(data) + _NODE * nodes


def parse_xml(data: bytes, path: Path, place: str) -> etree._Element:
    """Return the root of an XML document; ``place`` names the member or the line of the file in the refusal."""
    check_memory(path, tree_size(data), place)
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False)
    remedy = "export or save the file again with the program that made it"
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
            raise FileRefused(path, "its XML has a DOCTYPE, which is never read", remedy, place) from error
        fault = " ".join(str(error.msg).split())
        raise FileRefused(path, f"its XML is not well formed ({fault})", remedy, place) from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise FileRefused(path, "its XML has a DOCTYPE, which is never read", remedy, place)
    return root


def _slashes(name: str) -> str:
    return name.replace("\\", "/")


def _check_container(path: Path) -> None:
    """Tell apart what users mistake for a zip container, so that each gets its own remedy."""
    try:
        with path.open("rb") as file:
            head = file.read(1024**2)
    except OSError as error:
        raise FileRefused(path, f"it cannot be opened ({error.strerror})", "check the path and the rights") from error
    if not head:
        raise FileRefused(path, "the file is empty", "get the file again from its source")
    if head.startswith(_OLE):
        if _ENCRYPTED_STREAM in path.read_bytes():
            raise FileRefused(path, "it is protected with a password", "remove the password, save it and import it")
        raise FileRefused(path, "it is in the old Office format", "save it in the current format (.docx or .xlsx)")
    if not head.startswith(b"PK"):
        what = f"it is not the zip container that {path.suffix or 'its format'} promises"
        raise FileRefused(path, what, "save it again in that format, or give the file its right ending")


def _check_member(path: Path, member: zipfile.ZipInfo) -> None:
    name = _slashes(member.filename)
    if not name or name.startswith("/") or _DRIVE.match(name) or ".." in name.split("/"):
        what = f"the zip holds the unsafe name {name!r}, which points outside it"
        raise FileRefused(path, what, "do not trust this file; get it again from its source")
    if member.flag_bits & _ENCRYPTED_FLAG:
        raise FileRefused(path, "it is encrypted", "save the file without a password", name)
    if member.file_size > MAX_RATIO * max(1, member.compress_size):
        raise FileRefused(path, *_bomb(member.file_size, member.compress_size), name)


def _check_whole(path: Path, members: list[zipfile.ZipInfo]) -> None:
    """Compare with the size on disk, which a forged directory or overlapping members cannot change."""
    total = sum(member.file_size for member in members)
    on_disk = path.stat().st_size
    if total > MAX_RATIO * on_disk:
        raise FileRefused(path, *_bomb(total, on_disk))
    if total > MAX_TOTAL:
        what = f"it unpacks to {total:,} bytes, more than the {MAX_TOTAL:,} allowed"
        raise FileRefused(path, what, "export it without recordings and pictures")


def _bomb(unpacked: int, packed: int) -> tuple[str, str]:
    ratio = unpacked // max(1, packed)
    what = f"it grows {ratio:,} times when unpacked, more than the {MAX_RATIO} allowed, as a zip bomb does"
    return what, "do not trust this file; get it again from its source"
