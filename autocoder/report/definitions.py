"""Each coefficient in a line, with the publication it is taken from: what the page's appendix says."""

from __future__ import annotations

from autocoder.report.words import Language

_DEFINITIONS = (
    (
        ("Percent agreement", "אחוז הסכמה"),
        (
            "the share of units on which a pair gave exactly the same codes; for more coders the mean over pairs in a unit (Gwet 2014, p_a)",
            "שיעור היחידות שבהן זוג מקודדים נתן בדיוק אותם קודים; ליותר משני מקודדים, ממוצע הזוגות ביחידה (Gwet 2014, p_a)",
        ),
    ),
    (
        ("Kappa", "קאפא"),
        (
            "(p_o − p_e) / (1 − p_e), with chance from each coder's own marginals (Cohen 1960); for more than two coders the mean over pairs (Light 1971)",
            "(p_o − p_e) / (1 − p_e), כשהמקריות נגזרת מהשוליים של כל מקודד/ת (Cohen 1960); ליותר משני מקודדים, ממוצע הזוגות (Light 1971)",
        ),
    ),
    (
        ("Pooled kappa", "קאפא מאוחד"),
        (
            "(mean p_o − mean p_e) / (1 − mean p_e), with means over the codes (De Vries et al. 2008)",
            "(ממוצע p_o − ממוצע p_e) / (1 − ממוצע p_e), ממוצעים על פני הקודים (De Vries et al. 2008)",
        ),
    ),
    (
        ("Krippendorff's alpha", "אלפא של קריפנדורף"),
        (
            "1 − D_o / D_e, any number of coders and missing judgements (Krippendorff 2019, ch. 12); of a single code nominal, present or absent",
            "1 − D_o / D_e, לכל מספר מקודדים ועם שיפוטים חסרים (Krippendorff 2019, פרק 12); לקוד יחיד: שמי, קיים או לא",
        ),
    ),
    (
        ("MASI", "MASI"),
        (
            "distance of two sets, 1 − J M: J Jaccard's index, M 1 for equal sets, 2/3 for a subset, 1/3 for an overlap, 0 for disjoint ones (Passonneau 2006); two empty sets are equal",
            "מרחק בין שתי קבוצות, 1 − J M: \u200fJ מדד ז'קארד, M הוא 1 לקבוצות שוות, 2/3 לתת־קבוצה, 1/3 לחפיפה, 0 לזרות (Passonneau 2006); שתי קבוצות ריקות שוות",
        ),
    ),
    (
        ("Multi-valued alpha", "אלפא רב־ערכי"),
        (
            "alpha on sets whose chance term draws the codes of a set, not whole sets (Krippendorff and Craggs 2016)",
            "אלפא על קבוצות, שבו המקריות מגרילה את הקודים שבקבוצה ולא קבוצות שלמות (Krippendorff and Craggs 2016)",
        ),
    ),
    (
        ("Gwet's AC1", "AC1 של Gwet"),
        (
            "p_e = the sum of pi_k (1 − pi_k) over k, divided by q − 1, with q = 2 for a code that is present or absent (Gwet 2008)",
            "p_e = סכום pi_k (1 − pi_k) על פני k, חלקי q − 1, עם q = 2 לקוד שקיים או לא (Gwet 2008)",
        ),
    ),
    (
        ("Positive agreement", "הסכמה חיובית"),
        (
            "2a / (2a + b + c) (Cicchetti and Feinstein 1990); for a pair it is the F1",
            "2a / (2a + b + c) (Cicchetti and Feinstein 1990); לזוג מקודדים זהו ה־F1",
        ),
    ),
    (
        ("Prevalence and bias index", "מדד שכיחות ומדד הטיה"),
        (
            "(a − d) / n and (b − c) / n, with their sign (Byrt, Bishop and Carlin 1993)",
            "(a − d) / n ו־(b − c) / n, עם הסימן (Byrt, Bishop and Carlin 1993)",
        ),
    ),
)


def definitions(language: Language) -> list[tuple[str, str]]:
    """Return the terms and what they mean."""
    place = 1 if language is Language.HEBREW else 0
    return [(term[place], meaning[place]) for term, meaning in _DEFINITIONS]
