"""What REFI-QDA's projects and codebooks share: element names, GUIDs and the tree of codes.

Tags are matched without their namespace, of which several are met (interchange.md 2.6).
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from lxml import etree

from autocoder.errors import FileRefused
from autocoder.formats.whole import ExportRefused
from autocoder.project import Code, Codebook, CodebookFault

_GUID = re.compile(r"\{?([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})\}?")
_OURS = uuid.UUID("6b0b5f0a-55a8-5c5e-9c1e-4c7f0d0c0de5")
_COLOR = re.compile(r"#(?:[0-9A-Fa-f]{6}|[0-9A-Fa-f]{3})")
_HEBREW = re.compile(r"[א-ת]")
# what XML 1.0 cannot hold, and lone surrogates, which UTF-8 cannot
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def stable_guid(*parts: str | int) -> str:
    """Return the GUID of these parts, the same on every machine and in every export."""
    return str(uuid.uuid5(_OURS, json.dumps(parts))).upper()


def code_guid(code_id: str) -> str:
    """Return the GUID under which a code is exported; an id that is a GUID already stays that GUID."""
    return as_guid(code_id) or stable_guid("code", code_id)


def as_guid(text: str) -> str | None:
    """Return a GUID in upper case without braces; None when the text is none."""
    match = _GUID.fullmatch(text.strip())
    return match[1].upper() if match else None


def identity(element: etree._Element, attribute: str = "guid") -> str:
    """Return a GUID attribute as :func:`as_guid` does, another id as it stands, and "" when it is missing."""
    value = (element.get(attribute) or "").strip()
    return as_guid(value) or value


def local_name(element: etree._Element) -> str:
    """Return the tag without its namespace; "" for a comment or a processing instruction."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def children(element: etree._Element | None, *names: str) -> Iterator[etree._Element]:
    """Yield the children of these names, in order; every element without a name; none of a missing element."""
    for child in () if element is None else element:
        name = local_name(child)
        if name and (not names or name in names):
            yield child


def child(element: etree._Element | None, name: str) -> etree._Element | None:
    """Return the first child of that name."""
    return next(children(element, name), None)


def child_text(element: etree._Element, name: str) -> str:
    """Return the text of the first child of that name, without white space around it; "" when it is missing."""
    found = child(element, name)
    return "" if found is None else (found.text or "").strip()


def namespace(root: etree._Element) -> str:
    """Return the namespace of the document's root; "" without one."""
    return etree.QName(root).namespace or ""


def xml_text(text: str) -> str:
    """Return the text with every character that XML cannot hold replaced by U+FFFD."""
    return _NOT_XML.sub("\ufffd", text)


def color(text: str) -> str | None:
    """Return a colour in the form of the schema, #RGB or #RRGGBB; None for any other text."""
    return text.strip() if _COLOR.fullmatch(text.strip()) else None


def read_codebook(element: etree._Element | None, name: str, path: Path) -> Codebook | None:
    """Return the codes under a ``CodeBook`` element, None when there is none; refuse the file for a broken tree."""
    return codebook_of(name, tuple(_read_codes(child(element, "Codes"), None, ())), path)


def codebook_of(name: str, codes: tuple[Code, ...], path: Path) -> Codebook | None:
    """Return the codes of a file as a codebook, None without any; refuse the file for a broken tree."""
    if not codes:
        return None
    try:
        return Codebook(name, codes)
    except CodebookFault as fault:
        remedy = "mend the codes in the program that wrote it and export again"
        raise FileRefused(path, str(fault).rstrip("."), remedy) from fault


def _read_codes(element: etree._Element | None, parent: str | None, above: tuple[str, ...]) -> Iterator[Code]:
    for each in children(element, "Code"):
        line = (*above, each.get("name") or "")
        code_id = identity(each) or stable_guid("path", *line)
        name_he, name_en = by_script(line[-1])
        definition_he, definition_en = by_script(child_text(each, "Description"))
        yield Code(
            code_id,
            name_he,
            name_en,
            parent=parent,
            definition_he=definition_he,
            definition_en=definition_en,
            codable=(each.get("isCodable") or "true").strip().casefold() in ("true", "1"),
            color=color(each.get("color") or ""),
        )
        yield from _read_codes(each, code_id, line)


def by_script(text: str) -> tuple[str, str]:
    """Return (Hebrew, English) for a name or a definition: a text with a Hebrew letter is Hebrew."""
    return (text, "") if _HEBREW.search(text) else ("", text)


@dataclass(frozen=True)
class CodeGuids:
    """The GUID of every code of a codebook, its own or the one it had where it came from."""

    by_id: Mapping[str, str]

    @classmethod
    def of(cls, codebook: Codebook, known: Mapping[str, str] | None = None) -> CodeGuids:
        """Give each code its GUID; refuse two codes with the same one."""
        guids = {code.id: code_guid((known or {}).get(code.id, code.id)) for code in codebook}
        owner: dict[str, str] = {}
        for code_id, guid in guids.items():
            if owner.setdefault(guid, code_id) != code_id:
                raise ExportRefused(f"the codes {owner[guid]} and {code_id} share the GUID {guid}; give one its own.")
        return cls(guids)

    def __getitem__(self, code_id: str) -> str:
        return self.by_id[code_id]


def write_codes(book: etree._Element, codebook: Codebook, guids: CodeGuids) -> None:
    """Put ``Codes`` with the whole tree under a ``CodeBook`` element."""
    namespace_of = etree.QName(book).namespace
    above: dict[str | None, etree._Element] = {None: etree.SubElement(book, f"{{{namespace_of}}}Codes")}
    for _, code in codebook.walk():
        element = etree.SubElement(above[code.parent], f"{{{namespace_of}}}Code", _code_attributes(code, guids))
        definition = "\n\n".join(text for text in (code.definition_he, code.definition_en) if text)
        if definition:
            etree.SubElement(element, f"{{{namespace_of}}}Description").text = xml_text(definition)
        above[code.id] = element


def _code_attributes(code: Code, guids: CodeGuids) -> dict[str, str]:
    attributes = {"guid": guids[code.id], "name": xml_text(code.name), "isCodable": str(code.codable).lower()}
    if hue := color(code.color or ""):
        attributes["color"] = hue
    return attributes


def new_root(tag: str, namespace: str, **attributes: str) -> etree._Element:
    """Return a root element whose namespace needs no prefix, which some programs cannot read."""
    nsmap: dict[str, str] = {None: namespace}  # type: ignore[dict-item]  # the stubs leave out the default namespace
    return etree.Element(f"{{{namespace}}}{tag}", attributes, nsmap)


DECLARATION = b'<?xml version="1.0" encoding="utf-8"?>\n'


def document(root: etree._Element) -> bytes:
    """Return the XML as the programs write it: UTF-8, a declaration, no BOM."""
    return DECLARATION + etree.tostring(root, encoding="utf-8", pretty_print=True)


def start_tag(root: etree._Element) -> bytes:
    """Return the opening tag of an empty element, for a document that is written piece by piece."""
    return etree.tostring(root, encoding="utf-8").removesuffix(b"/>") + b">\n"


def piece(element: etree._Element) -> bytes:
    """Return an element for such a document, without the namespace, which the root has said already."""
    declared = f' xmlns="{namespace(element)}"'.encode()
    return etree.tostring(element, encoding="utf-8", pretty_print=True).replace(declared, b"", 1)


def utc(created: str) -> str:
    """Return an ISO date as XML wants it, in UTC; "" for what is no ISO date."""
    try:
        moment = datetime.fromisoformat(created)
    except ValueError:
        return ""
    try:
        moment = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    except OverflowError:
        return ""
    return f"{moment.isoformat(timespec='seconds')}Z"
