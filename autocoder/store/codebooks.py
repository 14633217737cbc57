"""A codebook as JSON data and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from autocoder.project import Code, Codebook, Exclusion


def codebook_to_json(codebook: Codebook) -> dict[str, Any]:
    """Return the codebook as JSON data; :func:`codebook_from_json` is the way back."""
    return {
        "name": codebook.name,
        "exclusive": sorted(codebook.exclusive),
        "codes": [asdict(code) for code in codebook.codes],
    }


def codebook_from_json(content: Mapping[str, Any], version: int) -> Codebook:
    """Return the codebook that :func:`codebook_to_json` wrote."""
    codes = tuple(_code_of(record) for record in content["codes"])
    return Codebook(content["name"], codes, frozenset(content["exclusive"]), version)


def _code_of(record: Mapping[str, Any]) -> Code:
    lists: dict[str, Any] = {
        "include": tuple(record["include"]),
        "exclude": tuple(Exclusion(**exclusion) for exclusion in record["exclude"]),
        "aliases": tuple(record["aliases"]),
        "crosswalk": tuple((to, relation) for to, relation in record["crosswalk"]),
    }
    return Code(**{**record, **lists})
