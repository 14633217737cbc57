"""Agreement on the stretches that coders marked, for each column of the report: where and what, not unit by unit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from autocoder.agree import (
    Coefficient,
    Estimate,
    c_alpha_binary,
    character_kappa,
    coverage_2016,
    cu_alpha_2016,
    segment_agreement,
    segment_kappa,
    u_alpha_2016,
    u_alpha_binary_2016,
)
from autocoder.agree.spans import Mark, spans_of
from autocoder.compare import Compared

Spans = dict[str, dict[str, list[Mark]]]
OVERLAP = 0.5
"""What two segments must share to match: half of all that either holds, since coders were not told where to begin."""


@dataclass(frozen=True)
class SpanRow:
    """One measure, on all codes ("" for ``codes_of``), an exclusive tree or one code, for each column."""

    measure: str
    codes_of: str
    estimates: tuple[Estimate, ...]


def span_rows(compared: Compared, columns: Sequence[Sequence[str]]) -> tuple[SpanRow, ...]:
    """Return the measures of all codes together, then those of exclusive trees, then u-alpha of each code.

    ``columns`` are the coders of each column. A code counts where it was given itself, and where a code below it was
    given that is not compared: at a level of the tree, what hangs below it.
    """
    spans, lengths = _spans(compared)
    given = {mark.code for coders in spans.values() for marks in coders.values() for mark in marks}
    codes = [code for code in compared.codes if code in given]
    whole: dict[str, Callable[[Spans], Coefficient]] = {
        "u_binary": lambda held: u_alpha_binary_2016(_as_one(held), lengths),
        "c_binary": lambda held: c_alpha_binary(held, lengths, codes),
        "segments": lambda held: segment_agreement(held, lengths, OVERLAP, codes=codes),
        "segments_kappa": lambda held: segment_kappa(held, lengths, OVERLAP, n_codes=len(codes), codes=codes),
        "nvivo": lambda held: character_kappa(held, lengths, codes=codes),
    }
    rows = [_row(name, "", make, spans, columns) for name, make in whole.items()]
    for root in sorted(compared.project.codebook.exclusive):
        own = [code for code in codes if compared.project.codebook.root(code).id == root]
        if len(own) > 1:
            rows += [
                _row("u", root, lambda held, own=own: u_alpha_2016(held, lengths, own), spans, columns),  # type: ignore[misc]
                _row("cu", root, lambda held, own=own: cu_alpha_2016(held, lengths, own), spans, columns),  # type: ignore[misc]
                _row("coverage", root, lambda held, own=own: coverage_2016(held, lengths, codes=own), spans, columns),  # type: ignore[misc]
            ]
    for code in codes:
        rows.append(_row("u", code, lambda held, code=code: u_alpha_2016(held, lengths, [code]), spans, columns))  # type: ignore[misc]
    return tuple(rows)


def _spans(compared: Compared) -> tuple[Spans, dict[str, int]]:
    """Return what each coder marked in the texts that she saw; nothing marked in a text seen is a judgement."""
    saw: dict[str, set[str]] = {}
    for coder, row in zip(compared.ratings.coders, compared.ratings.sets, strict=True):
        for name, codes in zip(compared.ratings.groups, row, strict=True):
            if codes is not None:
                saw.setdefault(name, set()).add(coder)
    named = {code: compared_for(compared, code) for code in {coding.code for coding in compared.codings}}
    codings = [replace(c, code=code) for c in compared.codings if (code := named[c.code]) is not None]
    return spans_of(codings, [t for t in compared.project.transcripts if t.name in saw], saw)


def compared_for(compared: Compared, code: str) -> str | None:
    """Return the code that is compared for a code: itself, or the nearest above it; None where none of them is."""
    above = [code, *(ancestor.id for ancestor in compared.project.codebook.ancestors(code))]
    return next((each for each in above if each in compared.codes), None)


def _as_one(held: Spans) -> Spans:
    """Return the stretches with the codes forgotten, those that overlap joined by the coefficient."""
    return {
        name: {coder: [Mark(m.start, m.end, True) for m in marks] for coder, marks in coders.items()}
        for name, coders in held.items()
    }


def _row(
    measure: str,
    codes_of: str,
    make: Callable[[Spans], Coefficient],
    spans: Spans,
    columns: Sequence[Sequence[str]],
) -> SpanRow:
    return SpanRow(measure, codes_of, tuple(_estimate(make, _of(spans, coders)) for coders in columns))


def _of(spans: Spans, coders: Sequence[str]) -> Spans:
    """Return the texts that at least two of these coders saw, and their marks alone."""
    held = {name: {c: marks for c, marks in of.items() if c in coders} for name, of in spans.items()}
    return {name: of for name, of in held.items() if len(of) > 1}


def _estimate(make: Callable[[Spans], Coefficient], held: Spans) -> Estimate:
    found = make(held)
    if found.value is None:
        return Estimate(None, reason=found.reason)
    interval = found.interval(clusters=list(held))
    return Estimate(found.value, interval.low, interval.high, interval.reason)
