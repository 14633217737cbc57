"""All that a report on agreement says, gathered once: the page, the table, the spreadsheet and JSON only lay it out."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product

from autocoder.agree import (
    Agreement,
    Coefficient,
    Estimate,
    NotComparable,
    Ratings,
    agreement,
    common,
    krippendorff_alpha,
    masi_distance,
)
from autocoder.compare import Compared, Unit, renamed
from autocoder.project import Codebook, CoderKind, Coding, Origin, Role, Span
from autocoder.report.machine import MachinePanel, machine_panels
from autocoder.report.spans import SpanRow, span_rows
from autocoder.store import Margin

FEW_TRANSCRIPTS = 5
RARE = 10
WIDE = 0.4
SHOWN = 100
EPSILON = 0.2  # of the alternative annotator test, for experts (Calderon et al. 2025)
LONGEST_QUOTE = 400
TOP_CONFUSIONS = 20
STRIPS = 12


@dataclass(frozen=True)
class CoderSummary:
    """One coder: how much of the coding counts, when and under which versions of the codebook it was made."""

    name: str
    kind: CoderKind
    codings: int
    transcripts: int
    first: str
    last: str
    versions: tuple[int, ...]


@dataclass(frozen=True)
class Design:
    """Who coded what, and what of it is compared."""

    project: str
    coders: tuple[CoderSummary, ...]
    transcripts: tuple[str, ...]
    transcripts_in_project: int
    unit: Unit
    units: int
    units_in_project: int
    codebook: str
    version: int
    codes_in_codebook: int
    codes: tuple[str, ...]
    level: int | None
    origins: tuple[Origin, ...]
    left_out: tuple[tuple[Origin, int], ...]
    roles: tuple[tuple[str, int], ...]
    codes_above: bool

    @property
    def share(self) -> float | None:
        """The share of the project's units that at least two of the coders saw."""
        return self.units / self.units_in_project if self.units_in_project else None


@dataclass(frozen=True)
class Column:
    """The agreement of some coders: people among themselves, or a model and a person.

    ``beside`` says that it stands on the units that all coders of the question saw, and can be read beside the others.
    """

    people_only: bool
    beside: bool
    found: Agreement


@dataclass(frozen=True)
class CodeRow:
    """One code in the order of prevalence: what the first column's coders did with it, and every column's figures.

    ``flags`` name what makes its figures weak: "rare" under 10 units with the code, "wide" an interval wider than .4.
    """

    code: str
    name: str
    english: str
    units_with_it: int
    prevalence: float | None
    flags: tuple[str, ...]


@dataclass(frozen=True)
class Pair:
    """Two coders on the units that both saw."""

    coders: tuple[str, str]
    units: int
    alpha: Estimate


@dataclass(frozen=True)
class Confusion:
    """In how many units one side gave ``given`` and not ``instead``, and the other side the reverse.

    Between people the order says nothing; between a person and a model ``given`` is the person's code.
    """

    given: str
    instead: str
    units: int


@dataclass(frozen=True)
class LevelRow:
    """Agreement on the sets of codes of one level of the trees, for each column."""

    level: int
    codes: int
    alpha: tuple[Estimate, ...]
    kappa: tuple[Estimate, ...]


@dataclass(frozen=True)
class Stretch:
    """A coded stretch of a transcript as shares of its length, its tree's place in the codebook, and of which kind."""

    start: float
    end: float
    tree: int
    exclusive: bool


@dataclass(frozen=True)
class StripPlot:
    """What each coder coded along one transcript."""

    transcript: str
    lanes: tuple[tuple[str, tuple[Stretch, ...]], ...]


@dataclass(frozen=True)
class Disagreement:
    """A unit on which coders differ: its words, what each coded, how far apart they are, and of what kind it is.

    ``kind`` is "missed" when one side coded nothing, "within" when the codes differ inside the same trees, "part" when
    one side coded more of the same, "across" otherwise. ``adjudicated`` holds the codes that were settled on, if any.
    """

    transcript: str
    span: Span
    speaker: str
    quote: str
    cut: bool
    codes: tuple[tuple[str, tuple[str, ...] | None], ...]
    kind: str
    distance: float
    adjudicated: tuple[str, ...]


@dataclass(frozen=True)
class AgreementReport:
    """The whole report; ``left_out`` counts the disagreements that are not listed."""

    at: str
    design: Design
    margin: Margin | None
    columns: tuple[Column, ...]
    codes: tuple[CodeRow, ...]
    pairs: tuple[Pair, ...]
    apart: tuple[tuple[str, str], ...]
    confusions_of_people: tuple[Confusion, ...]
    confusions_of_models: tuple[Confusion, ...]
    levels: tuple[LevelRow, ...]
    spans: tuple[SpanRow, ...]
    strips: tuple[StripPlot, ...]
    strips_left_out: int
    disagreements: tuple[Disagreement, ...]
    left_out: int
    machine: tuple[MachinePanel, ...]
    warnings: tuple[str, ...]
    seed: int
    replicates: int
    versions: tuple[tuple[str, str], ...]


def report(
    compared: Compared,
    at: str,
    seed: int,
    versions: Sequence[tuple[str, str]],
    margin: Margin | None = None,
    earlier: Sequence[Codebook] = (),
    replicates: int = 1000,
    shown: int = SHOWN,
    epsilon: float = EPSILON,
) -> AgreementReport:
    """Gather the report; ``shown`` bounds the list of disagreements, ``epsilon`` is that of the alternative test."""
    measure: Measure = lambda ratings, codes: agreement(ratings, codes, seed, replicates)  # noqa: E731
    columns = _columns(compared, measure)
    if not columns:
        raise NotComparable("these coders have no unit in common; let them code the same transcripts.")
    every = _disagreements(compared)
    plots = _strips(compared)
    return AgreementReport(
        at=at,
        design=_design(compared),
        margin=margin,
        columns=columns,
        codes=_code_rows(compared, columns),
        pairs=_pairs(compared),
        apart=tuple(p for p in combinations(compared.ratings.coders, 2) if not common(compared.ratings, p).groups),
        confusions_of_people=_confusions(compared, list(combinations(compared.people, 2)), either_way=True),
        confusions_of_models=_confusions(compared, list(product(compared.people, compared.models)), either_way=False),
        levels=_levels(compared, columns, measure),
        spans=span_rows(compared, list(dict.fromkeys(column.found.coders for column in columns))),
        strips=tuple(plots[:STRIPS]),
        strips_left_out=max(0, len(plots) - STRIPS),
        disagreements=tuple(every[:shown]),
        left_out=max(0, len(every) - shown),
        machine=machine_panels(compared, margin, epsilon, seed, replicates),
        warnings=tuple(_warnings(compared, columns, earlier)),
        seed=seed,
        replicates=replicates,
        versions=tuple(versions),
    )


Measure = Callable[[Ratings, Sequence[str]], Agreement]


def _design(compared: Compared) -> Design:
    project, ratings = compared.project, compared.ratings
    names = tuple(dict.fromkeys(ratings.groups))
    speakers = {
        (name, turn.speaker)
        for name in names
        for turn in project.transcript(name).turns
        if turn.role is Role.PARTICIPANT
    }
    roles = Counter(
        project.transcript(name).speakers.get(speaker, {}).get("role", "") for name, speaker in sorted(speakers)
    )
    return Design(
        project=project.name,
        coders=tuple(_coder_summary(compared, coder.name, coder.kind, names) for coder in compared.coders),
        transcripts=names,
        transcripts_in_project=len(project.transcripts),
        unit=compared.question.unit,
        units=len(ratings.groups),
        units_in_project=compared.units_in_project,
        codebook=project.codebook.name,
        version=project.codebook.version,
        codes_in_codebook=len(project.codebook),
        codes=compared.codes,
        level=compared.question.level,
        origins=compared.question.origins,
        left_out=tuple(compared.left_out.items()),
        roles=tuple(sorted((role, count) for role, count in roles.items() if role)),
        codes_above=_counts_above(compared),
    )


def _counts_above(compared: Compared) -> bool:
    """Whether a coding counts for a code that is compared and stands above its own."""
    given, book = {coding.code for coding in compared.codings}, compared.project.codebook
    return any(above.id in compared.codes for code in given for above in book.ancestors(code))


def _coder_summary(compared: Compared, name: str, kind: CoderKind, names: Sequence[str]) -> CoderSummary:
    mine = [c for c in compared.codings if c.coder == name and c.transcript in names]
    days = sorted(coding.created[:10] for coding in mine if coding.created)
    return CoderSummary(
        name=name,
        kind=kind,
        codings=len(mine),
        transcripts=len({coding.transcript for coding in mine}),
        first=days[0] if days else "",
        last=days[-1] if days else "",
        versions=tuple(sorted({coding.codebook_version for coding in mine})),
    )


def _columns(compared: Compared, measure: Measure) -> tuple[Column, ...]:
    """People on all that they share; then people, and each model with each person, on the units that all saw."""
    people, models, ratings = compared.people, compared.models, compared.ratings
    columns = []
    among = _shared_by_two(_of(ratings, people)) if len(people) > 1 else None
    if among is not None and among.groups:
        columns.append(Column(True, not models, measure(among, compared.codes)))
    if not models:
        return tuple(columns)
    together = common(ratings, [*people, *models])
    beside = bool(together.groups)
    if len(people) > 1 and beside and among is not None and len(together.groups) < len(among.groups):
        columns.append(Column(True, True, measure(_of(together, people), compared.codes)))
    elif columns and beside:
        columns[0] = replace(columns[0], beside=True)
    pairs = [(model, person) for model in models for person in people] or list(combinations(models, 2))
    for pair in pairs:
        shared = common(together if beside else ratings, pair)
        if shared.groups:
            columns.append(Column(False, beside, measure(shared, compared.codes)))
    return tuple(columns)


def _of(ratings: Ratings, coders: Sequence[str]) -> Ratings:
    rows = tuple(ratings.sets[ratings.coders.index(coder)] for coder in coders)
    return Ratings(tuple(coders), rows, ratings.groups)


def _shared_by_two(ratings: Ratings) -> Ratings:
    kept = [n for n in range(len(ratings.groups)) if sum(row[n] is not None for row in ratings.sets) > 1]
    sets = tuple(tuple(row[n] for n in kept) for row in ratings.sets)
    return Ratings(ratings.coders, sets, tuple(ratings.groups[n] for n in kept))


def _code_rows(compared: Compared, columns: Sequence[Column]) -> tuple[CodeRow, ...]:
    rows = []
    for place, code in enumerate(compared.codes):
        rows_of = [column.found.by_code[place] for column in columns]
        given = sum(rows_of[0].positive_by_coder)
        wide = any(row.alpha.low is not None and (row.alpha.high or 0) - row.alpha.low > WIDE for row in rows_of)
        rare = min(rows_of[0].positive_by_coder) < RARE
        flags = tuple(name for name, yes in (("rare", rare), ("wide", wide)) if yes)
        book = compared.project.codebook
        rows.append(CodeRow(code, book[code].name, book[code].name_en, given, rows_of[0].prevalence, flags))
    return tuple(sorted(rows, key=lambda row: (-(row.prevalence or 0), row.code)))


def _pairs(compared: Compared) -> tuple[Pair, ...]:
    wanted = frozenset(compared.codes)
    found = []
    for pair in combinations(compared.ratings.coders, 2):
        shared = common(compared.ratings, pair)
        if shared.groups:
            rows = [[(codes or frozenset()) & wanted for codes in row] for row in shared.sets]
            alpha = estimated(krippendorff_alpha(rows, "masi"), shared.groups)
            found.append(Pair(pair, len(shared.groups), alpha))
    return tuple(found)


def estimated(found: Coefficient, transcripts: Sequence[str]) -> Estimate:
    """Return a coefficient with the default interval, which takes transcripts as clusters."""
    if found.value is None:
        return Estimate(None, reason=found.reason)
    interval = found.interval(clusters=transcripts)
    return Estimate(found.value, interval.low, interval.high, interval.reason)


def _own(book: Codebook, codes: frozenset[str], wanted: frozenset[str]) -> frozenset[str]:
    """Return the most specific of the codes that are compared: those that stand above another one go."""
    kept = codes & wanted
    return kept - {ancestor.id for code in kept for ancestor in book.ancestors(code)}


def _confusions(compared: Compared, pairs: Sequence[tuple[str, str]], either_way: bool) -> tuple[Confusion, ...]:
    """Count, over units and pairs of coders, what one gave and the other did not, crossed with the reverse."""
    counts: Counter[tuple[str, str]] = Counter()
    for pair in pairs:
        for first, second in zip(*common(compared.ratings, pair).sets, strict=True):
            crossed = _crossed(compared, first or frozenset(), second or frozenset())
            counts.update({(min(two), max(two)) for two in crossed} if either_way else crossed)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Confusion(*two, count) for two, count in ranked[:TOP_CONFUSIONS])


def _crossed(compared: Compared, first: frozenset[str], second: frozenset[str]) -> set[tuple[str, str]]:
    """Return the pairs of codes that may stand for each other: of one exclusive tree, or both of none."""
    wanted, book = frozenset(compared.codes), compared.project.codebook
    one, other = _own(book, first, wanted), _own(book, second, wanted)
    return {(a, b) for a in one - other for b in other - one if _interchangeable(book, a, b)}


def _interchangeable(book: Codebook, one: str, other: str) -> bool:
    """Whether two codes can be taken for each other: neither stands above the other, and both are of one kind."""
    line = {above.id for code in (one, other) for above in book.ancestors(code)}
    roots = [book.root(code).id for code in (one, other)]
    kinds = [root if root in book.exclusive else "" for root in roots]
    return kinds[0] == kinds[1] and not {one, other} & line


def _levels(compared: Compared, columns: Sequence[Column], measure: Measure) -> tuple[LevelRow, ...]:
    """Agreement with every code replaced by its ancestor of one level, for each level that has two codes or more."""
    wanted = frozenset(compared.codes)
    by_level: dict[int, list[str]] = {}
    for depth, code in compared.project.codebook.walk():
        if code.id in wanted:
            by_level.setdefault(depth + 1, []).append(code.id)
    if len(by_level) < 2:
        return ()
    rows = []
    for level, codes in sorted(by_level.items()):
        found = [measure(_of_column(compared, column), codes) for column in columns]
        alphas, kappas = tuple(each.alpha_masi for each in found), tuple(each.kappa for each in found)
        rows.append(LevelRow(level, len(codes), alphas, kappas))
    return tuple(rows)


def _of_column(compared: Compared, column: Column) -> Ratings:
    """Return the ratings that a column rests on."""
    ratings, coders = compared.ratings, column.found.coders
    if column.beside and compared.models:
        ratings = common(ratings, [*compared.people, *compared.models])
    return _shared_by_two(_of(ratings, coders))


def _strips(compared: Compared) -> list[StripPlot]:
    book = compared.project.codebook
    trees = {code.id: place for place, code in enumerate(book.children(None))}
    wanted = frozenset(compared.codes)
    plots = []
    for name in dict.fromkeys(compared.ratings.groups):
        length = max(1, len(compared.project.transcript(name).text))
        here = [
            (c, book.root(c.code).id) for c in compared.codings if c.transcript == name and _counts(book, c, wanted)
        ]
        lanes = tuple(
            (
                coder,
                tuple(
                    Stretch(c.span.start / length, c.span.end / length, trees[root], root in book.exclusive)
                    for c, root in here
                    if c.coder == coder
                ),
            )
            for coder in compared.ratings.coders
        )
        plots.append(StripPlot(name, lanes))
    return plots


def _counts(book: Codebook, coding: Coding, wanted: frozenset[str]) -> bool:
    return bool(({coding.code} | {above.id for above in book.ancestors(coding.code)}) & wanted)


def _disagreements(compared: Compared) -> list[Disagreement]:
    """Return the units on which coders differ: those on which people are farthest apart first."""
    if compared.question.unit is Unit.CHARACTER:
        return []  # a single letter is nothing to read
    book, wanted = compared.project.codebook, frozenset(compared.codes)
    settled = _adjudicated(compared)
    found = []
    for place, (name, span) in enumerate(zip(compared.ratings.groups, compared.spans, strict=True)):
        given = {
            coder: None if row[place] is None else _own(book, row[place] or frozenset(), wanted)
            for coder, row in zip(compared.ratings.coders, compared.ratings.sets, strict=True)
        }
        seen = [codes for codes in given.values() if codes is not None]
        if len(set(seen)) > 1:
            people = [codes for name_, codes in given.items() if name_ in compared.people and codes is not None]
            apart = (_farthest(people), _farthest(seen))
            found.append((apart, _disagreement(compared, name, span, given, apart[1], settled)))
    found.sort(key=lambda each: (-each[0][0], -each[0][1], each[1].transcript, each[1].span))
    return [each for _, each in found]


def _farthest(sets: Sequence[frozenset[str]]) -> float:
    return max((masi_distance(a, b) for a, b in combinations(sets, 2)), default=0.0)


def _disagreement(
    compared: Compared,
    name: str,
    span: Span,
    given: dict[str, frozenset[str] | None],
    apart: float,
    settled: Sequence[Coding],
) -> Disagreement:
    transcript, book = compared.project.transcript(name), compared.project.codebook
    quote = transcript.quote(span)
    order = {code.id: place for place, (_, code) in enumerate(book.walk())}
    speaker = next((turn.speaker for turn in transcript.turns if turn.span.overlap(span)), "")
    final = {
        c.code for c in settled if c.transcript == name and 2 * c.span.overlap(span) >= min(len(c.span), len(span))
    }
    return Disagreement(
        transcript=name,
        span=span,
        speaker=speaker,
        quote=quote[:LONGEST_QUOTE],
        cut=len(quote) > LONGEST_QUOTE,
        codes=tuple(
            (coder, None if codes is None else tuple(sorted(codes, key=order.__getitem__)))
            for coder, codes in given.items()
        ),
        kind=_kind(book, [codes for codes in given.values() if codes is not None]),
        distance=apart,
        adjudicated=tuple(sorted(final, key=lambda code: order.get(code, math.inf))),
    )


def _kind(book: Codebook, given: Sequence[frozenset[str]]) -> str:
    if not all(given):
        return "missed"
    if all(a <= b or b <= a for a, b in combinations(given, 2)):
        return "part"
    trees = {frozenset(book.root(code).id for code in codes) for codes in given}
    return "within" if len(trees) == 1 else "across"


def _adjudicated(compared: Compared) -> list[Coding]:
    return [coding for coding in compared.project.codings if coding.origin is Origin.ADJUDICATED]


def _warnings(compared: Compared, columns: Sequence[Column], earlier: Sequence[Codebook]) -> Iterator[str]:
    few = min((column.found.transcripts for column in columns), default=0)
    if few < FEW_TRANSCRIPTS:
        yield f"Only {few} transcripts are compared: the intervals are rough; five or more are needed to rely on them."
    if compared.models and not any(column.beside for column in columns):
        yield "No unit was seen by all coders: figures of different pairs stand on different units."
    yield from renamed(compared.project.codebook, earlier, compared.codes)
