"""Quotation reports of ATLAS.ti (.xlsx, .csv): one row a quotation, with all its codes in one cell.

The codes of a cell stand one below the other. Code groups and folders are not in the table, so every code is a root;
``domain: code`` is one name, for ATLAS.ti has no other way to name a code. A quotation without a code is a comment and
is not read. Reference (``¶ 12``) and Start give the paragraph, never a position.
"""

from __future__ import annotations

import re
from pathlib import Path

from autocoder.formats.tables import Layout, Row, Table, iso_dates
from autocoder.project import Coder, Problem, Quote, Reading

LAYOUT = Layout(
    "ATLAS.ti",
    {
        "Document": ("Document Name", "Dokument", "Dokumentname", "Documento", "מסמך", "שם המסמך"),
        "Quotation Content": ("Content", "Quotation", "Text Content", "Zitatinhalt", "Zitat", "תוכן הציטוט", "ציטוט"),
        "Codes": ("Kodes", "Codierungen", "Códigos", "קודים"),
        "Comment": ("Quotation Comment", "Kommentar", "Comentario", "הערה", "הערות"),
        "Reference": ("Location", "Referenz", "Referencia", "הפניה"),
        "Start": ("Start Position", "Anfang", "התחלה"),
        "Creator": ("Created by", "Author", "Ersteller", "Erstellt von", "Autor", "Creado por", "יוצר", "נוצר על ידי"),
        "Created": ("Creation Date", "Erstellt", "Erstellt am", "Creado", "נוצר", "תאריך יצירה"),
        "Quotation Name": ("Name", "Zitatname", "שם הציטוט"),
    },
    ("Document", "Quotation Content", "Codes"),
    "export the quotations again with the columns Document, Quotation Content and Codes",
)
_PARAGRAPH = re.compile(r"¶\s*(\d+)")
_CODE_ENDS = re.compile(r"[\r\n]+|_x000D_")
_COUNTED = re.compile(r"(?<!\s)\s*\{\d+-\d+\}$")  # groundedness and density behind a code's name
_DOCUMENT = re.compile(r"^D?\s*\d+\s*:\s+(?=\S)")


def read_rows(path: Path, table: Table) -> Reading:
    """Return the quotes of a table that is known to be ATLAS.ti's: one for each code of each quotation."""
    dates = iso_dates(row["Created"] for row in table.rows)
    quotes: list[Quote] = []
    problems: list[Problem] = []
    bare = 0
    for row in table.rows:
        codes = [_COUNTED.sub("", code.strip()) for code in _CODE_ENDS.split(row["Codes"]) if code.strip()]
        missing = [column for column in ("Document", "Quotation Content") if not row[column].strip()]
        if not codes:
            bare += 1
        elif missing:
            what = f"it has no {' and no '.join(missing)}, so the row is not read"
            problems.append(Problem(path.name, f"row {row.number}", what))
        else:
            quotes += [_quote(row, code, dates.get(row["Created"], "")) for code in codes]
    if bare:
        problems.append(Problem(path.name, "", f"{bare} quotations carry no code and are not read"))
    coders = tuple(Coder(name) for name in dict.fromkeys(quote.coder for quote in quotes))
    unnamed = () if "Creator" in table.columns else ("the table names no coder; its codings are given to unknown",)
    return Reading(coders=coders, quotes=tuple(quotes), problems=tuple(problems), notes=(*table.notes, *unnamed))


def _quote(row: Row, code: str, created: str) -> Quote:
    return Quote(
        document=_DOCUMENT.sub("", row["Document"].strip()),
        code_path=(code,),
        text=row["Quotation Content"],
        coder=row["Creator"].strip() or "unknown",
        row=row.number,
        memo=row["Comment"].strip(),
        created=created,
        paragraph=_paragraph(row),
    )


def _paragraph(row: Row) -> int | None:
    match = _PARAGRAPH.search(row["Reference"]) or re.fullmatch(r"\s*(\d+)\s*", row["Start"])
    return int(match[1]) if match else None
