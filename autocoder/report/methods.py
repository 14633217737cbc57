"""The paragraph for a methods section, filled from the data, in English and Hebrew; what is not known is not claimed."""

from __future__ import annotations

from autocoder.agree import Estimate
from autocoder.compare import BLIND, Unit
from autocoder.project import CoderKind
from autocoder.report.agreement import AgreementReport, Column
from autocoder.report.machine import MachinePanel
from autocoder.report.words import Language, in_language, words
from autocoder.store import Margin

_UNIT = {
    Unit.SEGMENT: ("segments", "יחידות"),
    Unit.SENTENCE: ("sentences", "משפטים"),
    Unit.CHARACTER: ("characters", "תווים"),
}


def methods_paragraph(found: AgreementReport, language: Language) -> str:
    """Return the paragraph."""
    parts = _hebrew(found) if language is Language.HEBREW else _english(found)
    return " ".join(part for part in parts if part)


def _people(found: AgreementReport) -> Column | None:
    """Return people among themselves, on the units of the model where there is one."""
    among = [column for column in found.columns if column.people_only]
    return among[0] if among else None


def _with_model(found: AgreementReport) -> list[Column]:
    return [column for column in found.columns if not column.people_only]


def _value(estimate: Estimate, language: Language) -> str:
    """Return a coefficient as papers print it, from left to right in either language."""
    if estimate.value is None:
        return (
            f"undefined ({estimate.reason})"
            if language is Language.ENGLISH
            else f"לא מוגדר ({in_language(estimate.reason, language)})"
        )
    text = f"{estimate.value:.2f}".replace("-", "\u2212")
    if estimate.low is not None and estimate.high is not None:
        text += f" [{estimate.low:.2f}, {estimate.high:.2f}]".replace("-", "\u2212")
    return text if language is Language.ENGLISH else f"\u2066{text}\u2069"


def _range(column: Column) -> tuple[str, str, int, int] | None:
    """Return the least and the greatest alpha of a code, how many codes have one, and how many have none."""
    values = [row.alpha.value for row in column.found.by_code if row.alpha.value is not None]
    if not values:
        return None
    return (
        f"{min(values):.2f}".replace("-", "\u2212"),
        f"{max(values):.2f}".replace("-", "\u2212"),
        len(values),
        len(column.found.by_code) - len(values),
    )


def _english(found: AgreementReport) -> list[str]:
    design, people = found.design, _people(found)
    humans = sum(coder.kind is CoderKind.HUMAN for coder in design.coders)
    models = len(design.coders) - humans
    parts = [
        _who_english(found, people, humans, models),
        f"The codebook was {design.codebook}, version {design.version}; {len(design.codes)} of its codes were compared.",
        "Segments were whole sentences of one turn, up to about 120 words, fixed in advance by rule; a segment could carry several codes, except those of an exclusive tree."
        if design.unit is Unit.SEGMENT
        else "",
    ]
    if people:
        parts.append(
            f"Agreement between the coders on sets of codes was Krippendorff's alpha with the MASI distance = "
            f"{_value(people.found.alpha_masi, Language.ENGLISH)} (exact agreement {_value(people.found.percent, Language.ENGLISH)}; "
            f"kappa pooled over the codes {_value(people.found.kappa, Language.ENGLISH)})."
        )
        spread = _range(people)
        if spread:
            parts.append(
                f"Alpha of single codes ranged from {spread[0]} to {spread[1]} ({spread[2]} codes{f', undefined for {spread[3]}' if spread[3] else ''}); for rare codes positive "
                "agreement and Gwet's AC1 are reported too."
            )
    if design.codes_above:
        parts.append("A code given to a unit counted for the codes above it in the codebook too.")
    for column in _with_model(found):
        pair = " and ".join(column.found.coders)
        same = ", on the units that all of them coded" if column.beside and people else ""
        parts.append(
            f"Between {pair} alpha was {_value(column.found.alpha_masi, Language.ENGLISH)}{same} ({column.found.units:,} units)."
        )
    parts += [_machine_english(found, panel) for panel in found.machine]
    parts.append("An explicit judgement that no code applies was kept as a value, and unseen units as missing.")
    parts.append(f"In brackets: {'; '.join(dict.fromkeys(c.found.interval for c in found.columns))}.")
    parts.append(_margin(found, Language.ENGLISH))
    parts.append(f"Computed with autocoder {dict(found.versions)['autocoder']}, seed {found.seed}.")
    return parts


def _who_english(found: AgreementReport, people: Column | None, humans: int, models: int) -> str:
    """Say how many coded how much, and of a model only what it coded."""
    design, independently = found.design, "independently " if found.design.origins == BLIND else ""
    unit = _UNIT[design.unit][0]
    first = people or found.columns[0]
    share = f", {first.found.units / design.units_in_project:.0%} of the corpus" if design.units_in_project else ""
    some = f"{first.found.transcripts} of {design.transcripts_in_project} transcripts ({first.found.units:,} {unit}{share})"
    if people is None:
        who = f"{_count(humans)} coder{'s' * (humans != 1)} and {_count(models)} model{'s' * (models != 1)}"
        return f"{who.capitalize()} {independently}coded {some}."
    said = f"{_count(humans).capitalize()} coders {independently}coded {some}."
    beside = _with_model(found)
    if beside:
        also = beside[0].found
        name = "A model" if models == 1 else f"{_count(models).capitalize()} models"
        said += f" {name} coded {also.transcripts} transcripts ({also.units:,} units) on which {'it was' if models == 1 else 'they were'} not trained."
    return said


def _who_hebrew(found: AgreementReport, people: Column | None, humans: int, models: int) -> str:
    design, independently = found.design, "באופן בלתי תלוי " if found.design.origins == BLIND else ""
    first = people or found.columns[0]
    share = f", {first.found.units / design.units_in_project:.0%} מהקורפוס" if design.units_in_project else ""
    unit = _UNIT[design.unit][1]
    some = (
        f"{first.found.transcripts} מתוך {design.transcripts_in_project} תמלילים ({first.found.units:,} {unit}{share})"
    )
    coders = "מקודד/ת אחד/ת" if humans == 1 else "שני מקודדים" if humans == 2 else f"{humans} מקודדים"
    machines = "מודל אחד" if models == 1 else f"{models} מודלים"
    if people is None:
        return f"{coders} ו{machines if models == 1 else f'־{machines}'} קידדו {independently}{some}."
    said = f"{coders} קידדו {independently}{some}."
    beside = _with_model(found)
    if beside:
        also = beside[0].found
        verb = "קידד" if models == 1 else "קידדו"
        said += f" {machines} {verb} {also.transcripts} תמלילים ({also.units:,} יחידות) שלא נלמדו מהם."
    return said


def _count(number: int) -> str:
    names = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    return names[number] if number < len(names) else str(number)


def _hebrew(found: AgreementReport) -> list[str]:
    design, people = found.design, _people(found)
    humans = sum(coder.kind is CoderKind.HUMAN for coder in design.coders)
    models = len(design.coders) - humans
    parts = [
        _who_hebrew(found, people, humans, models),
        f"ספר הקודים היה \u2068{design.codebook}\u2069, גרסה {design.version}; מתוכו הושוו {len(design.codes)} קודים.",
        "היחידות הן משפטים שלמים מתוך תור דיבור אחד, עד כ־120 מילים, שנקבעו מראש בכלל קבוע; יחידה יכלה לשאת כמה קודים, למעט קודים של עץ שבו נבחר קוד אחד לכל היותר."
        if design.unit is Unit.SEGMENT
        else "",
    ]
    if people:
        parts.append(
            f"ההסכמה בין המקודדים על קבוצות הקודים הייתה אלפא של קריפנדורף במרחק MASI = "
            f"{_value(people.found.alpha_masi, Language.HEBREW)} (הסכמה מדויקת {_value(people.found.percent, Language.HEBREW)}; "
            f"קאפא מאוחד על פני הקודים {_value(people.found.kappa, Language.HEBREW)})."
        )
        spread = _range(people)
        if spread:
            parts.append(
                f"האלפא של קודים בודדים נע בין \u2066{spread[0]}\u2069 ל־\u2066{spread[1]}\u2069 ({spread[2]} קודים{f', לא מוגדר ב־{spread[3]}' if spread[3] else ''}); לקודים "
                "נדירים מדווחים גם הסכמה חיובית ו־AC1 של Gwet."
            )
    if design.codes_above:
        parts.append("קוד שניתן ליחידה נספר גם לקודים שמעליו בספר הקודים.")
    for column in _with_model(found):
        pair = " לבין ".join(f"\u2068{coder}\u2069" for coder in column.found.coders)
        same = ", על היחידות שכולם קידדו" if column.beside and people else ""
        parts.append(
            f"בין {pair} האלפא היה {_value(column.found.alpha_masi, Language.HEBREW)}{same} ({column.found.units:,} יחידות)."
        )
    parts += [_machine_hebrew(found, panel) for panel in found.machine]
    parts.append("שיפוט מפורש שאין קוד מתאים נשמר כערך, ויחידות שלא נראו נחשבו חסרות.")
    methods = "; ".join(dict.fromkeys(in_language(c.found.interval, Language.HEBREW) for c in found.columns))
    parts.append(f"בסוגריים המרובעים: {methods}.")
    parts.append(_margin(found, Language.HEBREW))
    parts.append(f"חושב בעזרת autocoder {dict(found.versions)['autocoder']}, זרע אקראיות {found.seed}.")
    return parts


def _bound(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}".replace("-", "\u2212")


def _machine_english(found: AgreementReport, panel: MachinePanel) -> str:
    """Say what putting the model in a person's place does, and how many codes fail whatever the pool says."""
    pooled, codes = panel.rows[0], panel.rows[1:]
    if pooled.difference.value is None:
        return ""
    change, low = _bound(pooled.difference.value), _bound(pooled.difference.low)
    said = (
        f"Putting {panel.model} in the place of one of the coders changed alpha by {change} [one-sided 95 % lower bound "
        f"{low}]; in the alternative annotator test (Calderon et al. 2025) at epsilon = {panel.epsilon:g} its winning "
        f"rate was {_bound(pooled.winning_rate)} and its advantage probability {_bound(pooled.advantage)}."
    )
    if found.margin is not None:
        failed = sum(row.passes is False for row in codes)
        verdict = "was shown" if pooled.noninferior else "was not shown"
        said += f" With the margin of {found.margin.value:g} non-inferiority {verdict} on all codes together, and the model failed one of the two tests on {failed} of {len(codes)} codes."
    return said


def _machine_hebrew(found: AgreementReport, panel: MachinePanel) -> str:
    pooled, codes = panel.rows[0], panel.rows[1:]
    if pooled.difference.value is None:
        return ""
    change, low = _bound(pooled.difference.value), _bound(pooled.difference.low)
    said = (
        f"הצבת \u2068{panel.model}\u2069 במקום אחד המקודדים שינתה את האלפא ב־\u2066{change}\u2069 (גבול תחתון חד־צדדי של "
        f"95%: \u2066{low}\u2069); במבחן המתייג החלופי (Calderon et al. 2025) עם אפסילון {panel.epsilon:g} שיעור הניצחון "
        f"היה {_bound(pooled.winning_rate)} והסתברות היתרון {_bound(pooled.advantage)}."
    )
    if found.margin is not None:
        failed = sum(row.passes is False for row in codes)
        verdict = "הוכח" if pooled.noninferior else "לא הוכח"
        said += f" במרווח {found.margin.value:g} {verdict} שהמודל אינו נחות על כל הקודים יחד, והוא נכשל באחד משני המבחנים ב־{failed} מתוך {len(codes)} קודים."
    return said


def _margin(found: AgreementReport, language: Language) -> str:
    return margin_said(found.margin, language) if _with_model(found) and found.margin is not None else ""


def margin_said(margin: Margin | None, language: Language) -> str:
    """Say when the margin was fixed, and never keep back that it was after looking."""
    w = words(language)
    if margin is None:
        return w["margin_none"]
    key = "margin_after" if margin.looked else "margin_advance"
    return w[key].format(margin=f"{margin.value:g}", date=margin.at[:10], looked=margin.looked[:10])
