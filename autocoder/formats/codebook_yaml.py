"""Codebooks as YAML that a researcher can read and edit; training_data/codebooks/README.md gives the form.

Reading is strict, since what is passed over in silence is lost: a key that is not in the table below, a
key that stands twice, a YAML alias, or a reference to an id that is not in the file refuses the file. ``title_he``,
``title_en`` and ``notes`` are for the reader of the file: they are checked to be text and go no further.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from autocoder.errors import FileRefused
from autocoder.formats.whole import Compared, compare, whole
from autocoder.project import Code, Codebook, Exclusion, Reading

MAX_BYTES = 4 * 1024**2
"""The largest file that is read; the largest built-in codebook holds a fiftieth of it."""
MAX_VALUES = 200_000
"""The most keys, values, lists and records that are read; the largest built-in codebook holds a hundredth of it."""
RELATIONS = ("same", "renamed", "narrowed", "split", "moved", "merged", "redefined", "dissolved")
"""How a code became the code it points to in another codebook; a dissolved one points to none."""
NEEDS_CHECK = " (needs check)"
"""Ends a relation that is still to be confirmed."""
STATUSES = ("verified", "proposed")


class _Fault(Exception):
    """What is wrong with one value and what to do; :func:`_blamed` adds the file and the record."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy


@dataclass(frozen=True)
class _Field:
    """One key of a record: the attribute of Code behind it, and the way there and back."""

    attribute: str
    load: Callable[[str, object], object]
    dump: Callable[[Any], object] = lambda value: value


@dataclass(frozen=True)
class _Record:
    """A code with its number in the file, from 1 in the order of the lines."""

    number: int
    code: Code

    @property
    def place(self) -> str:
        return f"record {self.number} ({self.code.id})"


def read(path: Path) -> Reading:
    """Return a reading that holds the codebook of the file; refuse a file that does not say one thing clearly."""
    return Reading(codebook=_parse(_text_of(path), path))


def write(codebook: Codebook, path: Path) -> None:
    """Write the codebook, whole or not at all, with the codes in tree order.

    What is to be written is read back first: a codebook that this form cannot hold is refused and an old file stays.
    """
    text = yaml.dump(_document(codebook), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)
    ordered = replace(codebook, codes=tuple(code for _, code in codebook.walk()))
    if _parse(text, path) != ordered:
        raise FileRefused(path, "the codebook would not read back the same", "export it as .qdc instead")
    with whole(path) as part:
        part.write_text(text, encoding="utf-8", newline="\n")


def verify(path: Path, codebook: Codebook) -> Compared:
    """Read the written codebook back and compare it code by code, every field."""
    found = read(path).codebook or Codebook(path.stem, ())
    return Compared(codes=compare(path, _lines(codebook), _lines(found), "codes"))


def _lines(codebook: Codebook) -> Iterator[tuple[str, bool, str]]:
    for code in codebook:
        yield codebook.path(code.id), code.id in codebook.exclusive, repr(code)


class _TooMany(Exception):
    """A file of more values than a codebook has."""


class _Loader(yaml.SafeLoader):
    """Reads plain values only, and no more of them than fit into memory many times over."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._values = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        self._values += 1
        if self._values > MAX_VALUES:
            raise _TooMany
        return super().compose_node(parent, index)


class _Dumper(yaml.SafeDumper):
    """Writes plain values only, as safe_dump does; PyYAML alone loses a rare line break between single quotes."""

    def represent_text(self, text: str) -> yaml.ScalarNode:
        return self.represent_scalar("tag:yaml.org,2002:str", text, '"' if _RARE_BREAK.search(text) else None)


_RARE_BREAK = re.compile("[\x85\u2028\u2029]")
_Dumper.add_representer(str, _Dumper.represent_text)


@contextmanager
def _blamed(path: Path, place: str = "") -> Iterator[None]:
    """Turn a fault into a refusal that names the file and the place."""
    try:
        yield
    except _Fault as fault:
        raise FileRefused(path, fault.what, fault.remedy, place) from fault


def _text_of(path: Path) -> str:
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= MAX_BYTES else b""
    except OSError as error:
        raise FileRefused(
            path, f"it cannot be opened ({error.strerror})", "check the path and the permissions"
        ) from error
    if size > MAX_BYTES:
        raise FileRefused(path, f"it holds {size:,} bytes, too many for a codebook", "give the codebook's own file")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileRefused(
            path, "it is not in UTF-8", "save it as UTF-8 in your editor", f"byte {error.start}"
        ) from error
    if not text.strip():
        raise FileRefused(path, "it is empty", "give a file with a name and codes")
    return text


def _parse(text: str, path: Path) -> Codebook:
    """Return the codebook of a YAML text; ``path`` only names the file in what is refused."""
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
        _check_nodes(root, path)
        document = None if root is None else loader.construct_document(root)
    except _TooMany as error:
        what = f"it holds more than {MAX_VALUES:,} values, too many for a codebook"
        raise FileRefused(path, what, "give the codebook's own file") from error
    except yaml.MarkedYAMLError as error:
        place = f"line {error.problem_mark.line + 1}" if error.problem_mark else ""
        remedy = "check the indentation, and put text that holds a colon or begins with a sign in quotes"
        raise FileRefused(path, f"it is not YAML ({error.problem})", remedy, place) from error
    except yaml.YAMLError as error:
        raise FileRefused(path, "it holds signs that no text has", "save it as plain text in UTF-8") from error
    except ValueError as error:
        raise FileRefused(path, f"it holds a number or date that is none ({error})", "put it in quotes") from error
    except RecursionError as error:
        raise FileRefused(path, "it is nested too deeply to be a codebook", "give the codebook's own file") from error
    return _codebook(document, path)


def _check_nodes(root: yaml.Node | None, path: Path) -> None:
    """Refuse what the loader would swallow: a key given twice (the last one wins) and an alias (a copy, or a loop)."""
    seen: set[int] = set()
    waiting = [root] if root is not None else []
    while waiting:
        node = waiting.pop()
        line = f"line {node.start_mark.line + 1}"
        if id(node) in seen:
            raise FileRefused(path, "it has an alias (*) to this place", "write the text out where it is used", line)
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            keys = Counter(key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode))
            for key in (key for key, times in keys.items() if times > 1):
                raise FileRefused(path, f"the key {key} stands twice in one record", "keep one of them", line)
            waiting += [part for pair in node.value for part in pair]
        elif isinstance(node, yaml.SequenceNode):
            waiting += node.value


def _codebook(document: object, path: Path) -> Codebook:
    """Build the codebook from the plain values of its file."""
    with _blamed(path):
        top = _mapping(document, _HEAD, "the file")
        if "name" not in top:
            raise _Fault("the codebook has no name", "add a line such as name: my-study at the top")
        if "codes" not in top:
            raise _Fault("the codebook has no codes", "add a list of records under codes:")
        head: dict[str, Any] = {key: load(key, top[key]) for key, load in _HEAD.items() if key in top}
    records = _records(head["codes"], path)
    _check_references(records, path)
    exclusive = frozenset(head.get("exclusive", ()))
    wrong = sorted(exclusive - {record.code.id for record in records if record.code.parent is None})
    if wrong:
        what = f"exclusive names {wrong[0]}, which is not the root of a tree"
        raise FileRefused(path, what, "name the top record of the tree")
    return Codebook(head["name"], tuple(record.code for record in records), exclusive, head.get("version", 1))


def _records(items: list[object], path: Path) -> tuple[_Record, ...]:
    """Return the codes as the file lists them, parents before the codes under them."""
    records: list[_Record] = []
    waiting: list[tuple[object, str | None]] = [(item, None) for item in reversed(items)]
    while waiting:
        item, above = waiting.pop()
        number = len(records) + 1
        name = str(item.get("id") or "").strip() if isinstance(item, dict) else ""
        with _blamed(path, f"record {number} ({name})" if name else f"record {number}"):
            values = _mapping(item, _KEYS, "the record")
            code = _code(values, above)
            below = _list("codes", values.get("codes", []))
        records.append(_Record(number, code))
        waiting += [(child, code.id) for child in reversed(below)]
    return tuple(records)


def _code(values: Mapping[str, object], above: str | None) -> Code:
    """Return the code of a record that stands under ``above``; its references are not checked yet."""
    if not str(values.get("id", "")).strip():
        raise _Fault("the id is missing", "give the record an id of its own")
    parent = _text("parent", values["parent"]) if "parent" in values else above
    if above is not None and parent != above:
        raise _Fault(f"the record stands under {above} and names {parent} as its parent", "take out the line parent:")
    _text("notes", values.get("notes", ""))
    fields: dict[str, Any] = {
        field.attribute: field.load(key, values[key]) for key, field in _FIELDS.items() if key in values
    }
    return Code(**fields, parent=parent)


def _check_references(records: tuple[_Record, ...], path: Path) -> None:
    """Refuse an id that stands twice, and a parent, line of parents or redirect that leads nowhere."""
    first: dict[str, int] = {}
    for record in records:
        if record.code.id in first:
            what = f"the id {record.code.id} stands already in record {first[record.code.id]}"
            raise FileRefused(path, what, "give each record an id of its own", record.place)
        first[record.code.id] = record.number
    parents = {record.code.id: record.code.parent for record in records}
    for record in records:
        with _blamed(path, record.place):
            _check_parent(record.code, parents)
            _check_redirects(record.code, parents)


def _check_parent(code: Code, parents: Mapping[str, str | None]) -> None:
    seen, above = {code.id}, code.parent
    while above is not None:
        if above not in parents:
            raise _Fault(f"the parent {above} is not in the file", "add a record with this id")
        if above in seen:
            raise _Fault(f"{above} is its own ancestor", "break the cycle of parents")
        seen.add(above)
        above = parents[above]


def _check_redirects(code: Code, ids: Container[str]) -> None:
    for exclusion in code.exclude:
        if exclusion.redirect_to is not None and exclusion.redirect_to not in ids:
            what = f"redirect_to names {exclusion.redirect_to}, which is not in the file"
            raise _Fault(what, "give the id of a code of this codebook")


def _mapping(value: object, keys: Mapping[str, object], what: str) -> dict[str, object]:
    """Return the filled-in keys of a mapping; a key left blank counts as absent."""
    if not isinstance(value, dict):
        raise _Fault(f"{what} is not made of keys and values", f"write lines such as {next(iter(keys))}: ...")
    for key in value:
        if key not in keys:
            raise _Fault(f"the key {key} is unknown", f"use one of {', '.join(keys)}")
    return {key: item for key, item in value.items() if item is not None}


def _list(key: str, value: object) -> list[object]:
    if not isinstance(value, list):
        raise _Fault(f"{key} is not a list", "begin each of its lines with a hyphen")
    return value


def _text(key: str, value: object) -> str:
    if not isinstance(value, str):
        raise _Fault(f"{key} is not text", "put it in quotes")
    return value


def _texts(key: str, value: object) -> tuple[str, ...]:
    return tuple(_text(f"an item of {key}", item) for item in _list(key, value))


def _flag(key: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise _Fault(f"{key} is neither true nor false", "write true or false")
    return value


def _number(key: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise _Fault(f"{key} is not a whole number from 1 up", "write a number such as 1")
    return value


def _status(key: str, value: object) -> str:
    if value not in STATUSES:
        raise _Fault(f"{key} is {value}", f"write {' or '.join(STATUSES)}")
    return str(value)


def _exclusions(key: str, value: object) -> tuple[Exclusion, ...]:
    return tuple(_exclusion(f"an item of {key}", item) for item in _list(key, value))


def _exclusion(what: str, item: object) -> Exclusion:
    keys = ("text", "redirect_to", "double_code_allowed")
    values = _mapping(item, dict.fromkeys(keys), what)
    if "text" not in values:
        raise _Fault(f"{what} has no text", "say in text: what does not belong to the code")
    redirect = _text("redirect_to", values["redirect_to"]) if "redirect_to" in values else None
    double = _flag("double_code_allowed", values.get("double_code_allowed", False))
    return Exclusion(_text("text", values["text"]), redirect, double)


def _dump_exclusion(exclusion: Exclusion) -> dict[str, object]:
    item: dict[str, object] = {"text": exclusion.text}
    if exclusion.redirect_to is not None:
        item["redirect_to"] = exclusion.redirect_to
    return item | ({"double_code_allowed": True} if exclusion.double_code_allowed else {})


def _crosswalk(key: str, value: object) -> tuple[tuple[str, str], ...]:
    return tuple(_link(f"an item of {key}", item) for item in _list(key, value))


def _link(what: str, item: object) -> tuple[str, str]:
    values = _mapping(item, {"to": None, "relation": None}, what)
    target, relation = _text("to", values.get("to", "")), _text("relation", values.get("relation", ""))
    words = relation.removesuffix(NEEDS_CHECK).split(", ")
    if not set(words) <= set(RELATIONS):
        remedy = f"use {', '.join(RELATIONS)}, with a comma between two, and end it with{NEEDS_CHECK} if unsure"
        raise _Fault(f"{what} has the unknown relation {relation or '(none)'}", remedy)
    if bool(target) == (words == ["dissolved"]):
        raise _Fault(f"{what} with the relation {relation} has a wrong to", "give a to unless the code is dissolved")
    return target, relation


def _dump_link(link: tuple[str, str]) -> dict[str, str]:
    target, relation = link
    return {"to": target, "relation": relation} if target else {"relation": relation}


_HEAD: dict[str, Callable[[str, object], object]] = {
    "name": _text,
    "title_he": _text,
    "title_en": _text,
    "version": _number,
    "exclusive": _texts,
    "notes": _text,
    "codes": _list,
}
_FIELDS = {
    "id": _Field("id", _text),
    "he": _Field("name_he", _text),
    "en": _Field("name_en", _text),
    "definition_he": _Field("definition_he", _text),
    "definition_en": _Field("definition_en", _text),
    "include": _Field("include", _texts, list),
    "exclude": _Field("exclude", _exclusions, lambda items: [_dump_exclusion(item) for item in items]),
    "aliases": _Field("aliases", _texts, list),
    "crosswalk": _Field("crosswalk", _crosswalk, lambda items: [_dump_link(item) for item in items]),
    "codable": _Field("codable", _flag),
    "color": _Field("color", _text),
    "status": _Field("status", _status),
}
_KEYS: dict[str, object] = dict.fromkeys((*_FIELDS, "notes", "parent", "codes"))
_DEFAULT = Code("")


def _document(codebook: Codebook) -> dict[str, object]:
    head: dict[str, object] = {"name": codebook.name, "version": codebook.version}
    if codebook.exclusive:
        head["exclusive"] = sorted(codebook.exclusive)
    return head | {"codes": _branch(codebook, None)}


def _branch(codebook: Codebook, parent: str | None) -> list[dict[str, object]]:
    """Return the records under ``parent``, each with those under it."""
    return [_values(code) | _below(codebook, code.id) for code in codebook.children(parent)]


def _below(codebook: Codebook, code_id: str) -> dict[str, object]:
    records = _branch(codebook, code_id)
    return {"codes": records} if records else {}


def _values(code: Code) -> dict[str, object]:
    """Return the keys of a record, without those that say nothing new; the status is always said."""
    return {
        key: field.dump(getattr(code, field.attribute))
        for key, field in _FIELDS.items()
        if key in ("id", "status") or getattr(code, field.attribute) != getattr(_DEFAULT, field.attribute)
    }
