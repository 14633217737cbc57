"""What the pages say, in English and Hebrew side by side, so that neither language can miss a word."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Language(StrEnum):
    """The language of a page; Hebrew runs from right to left."""

    HEBREW = "he"
    ENGLISH = "en"

    @property
    def direction(self) -> str:
        """The direction of the page."""
        return "rtl" if self is Language.HEBREW else "ltr"


_WORDS = {
    # the page
    "title_agreement": ("Agreement between coders", "הסכמה בין מקודדים"),
    "title_evaluation": ("How well the model finds the codes", "באיזו מידה המודל מוצא את הקודים"),
    "made": ("Made {at} by autocoder {version}", "הופק ב־{at} על ידי autocoder {version}"),
    "contents": ("Contents", "תוכן"),
    "figure_na": ("undefined", "לא מוגדר"),
    "warning": ("Read with care", "יש לקרוא בזהירות"),
    "interval_note": ("In brackets: {method}.", "בסוגריים: {method}."),
    # design
    "design": ("Design", "מערך"),
    "coders": ("Coders", "מקודדים"),
    "person": ("person", "אדם"),
    "model": ("model", "מודל"),
    "codings": ("codings", "קידודים"),
    "coded_between": ("coded", "קודד"),
    "transcripts": ("Transcripts", "תמלילים"),
    "of_project": ("{n} of {total} in the project", "{n} מתוך {total} שבפרויקט"),
    "role_participant": ("participants", "משתתפים"),
    "units": ("Units", "יחידות"),
    "unit_segment": (
        "whole sentences of one participant's turn, up to about 120 words, fixed by a rule before coding was compared",
        "משפטים שלמים מתוך תור דיבור אחד של משתתפ/ת, עד כ־120 מילים, שנקבעו בכלל קבוע לפני ההשוואה",
    ),
    "unit_sentence": ("sentences of participants' turns", "משפטים מתוך תורי הדיבור של המשתתפים"),
    "unit_character": ("single characters of participants' turns", "תווים בודדים מתוך תורי הדיבור של המשתתפים"),
    "unit_rule": (
        "a coding counts for a unit when they overlap by at least half of the shorter",
        "קידוד נספר ליחידה כשהחפיפה ביניהם היא לפחות מחצית הקצר שבהם",
    ),
    "unit_rule_character": (
        "a character carries the codes of every coding that holds it",
        "תו נושא את הקודים של כל קידוד שמכיל אותו",
    ),
    "double_coded": (
        "{n} units, {share} of the project's, seen by two coders or more",
        "{n} יחידות, {share} מיחידות הפרויקט, נראו על ידי שני מקודדים או יותר",
    ),
    "codebook": ("Codebook", "ספר הקודים"),
    "codebook_is": (
        "{name}, version {version}, {n} codes; {used} of them compared",
        "{name}, גרסה {version}, {n} קודים; מהם הושוו {used}",
    ),
    "codes_above": (
        "A code given to a unit counts for the codes above it too.",
        "קוד שניתן ליחידה נספר גם לקודים שמעליו.",
    ),
    "blinding": ("Blinding", "עיוורון"),
    "blind_only": (
        "Blind coding only: what a person coded after seeing a suggestion is left out. A model is compared only on transcripts that did not teach it.",
        "קידוד עיוור בלבד: מה שאדם קודד אחרי שראה הצעה אינו נספר. מודל מושווה רק על תמלילים שלא לימדו אותו.",
    ),
    "all_origins": (
        "All coding counts, also what a person coded after seeing a suggestion: these figures do not show independent agreement.",
        "כל הקידודים נספרים, גם מה שאדם קודד אחרי שראה הצעה: הנתונים אינם מראים הסכמה בלתי תלויה.",
    ),
    "left_out_codings": ("{n} codings left out ({origin})", "{n} קידודים לא נספרו ({origin})"),
    "origin_blind": ("blind", "עיוור"),
    "origin_assisted": ("assisted", "נעזר בהצעה"),
    "origin_auto": ("by a model", "של מודל"),
    "origin_adjudicated": ("adjudicated", "הוכרע"),
    "empty_missing": (
        "A unit that a coder saw and gave no code is the judgement that none applies; a unit that a coder did not see is missing.",
        "יחידה שמקודד/ת ראה ולא נתן לה קוד היא שיפוט שאין קוד מתאים; יחידה שלא נראתה היא נתון חסר.",
    ),
    "unknown_design": (
        "autocoder does not know how the coders were trained, how transcripts were sampled or how disagreements were settled: say so in the paper.",
        "autocoder אינו יודע כיצד הוכשרו המקודדים, כיצד נדגמו התמלילים וכיצד יושבו המחלוקות: יש לציין זאת במאמר.",
    ),
    # tables
    "overall": ("Overall agreement", "הסכמה כוללת"),
    "people_column": ("people", "בין אנשים"),
    "people_same": ("people, same units", "בין אנשים, אותן יחידות"),
    "measure": ("measure", "מדד"),
    "percent": ("Exact agreement of sets of codes", "הסכמה מדויקת על קבוצות הקודים"),
    "kappa_pooled": (
        "Kappa, pooled over the codes (De Vries et al. 2008)",
        "קאפא, מאוחד על פני הקודים (De Vries et al. 2008)",
    ),
    "alpha_masi": (
        "Krippendorff's alpha on sets, MASI distance (Passonneau 2006)",
        "אלפא של קריפנדורף על קבוצות, מרחק MASI (Passonneau 2006)",
    ),
    "alpha_jaccard": ("Krippendorff's alpha on sets, Jaccard distance", "אלפא של קריפנדורף על קבוצות, מרחק ז'קארד"),
    "alpha_multi": ("Multi-valued alpha (Krippendorff and Craggs 2016)", "אלפא רב־ערכי (Krippendorff and Craggs 2016)"),
    "alpha_multi_short": ("multi-valued alpha", "אלפא רב־ערכי"),
    "units_row": ("Units", "יחידות"),
    "transcripts_row": ("Transcripts", "תמלילים"),
    "missing_row": ("Judgements missing", "שיפוטים חסרים"),
    "by_code": ("Agreement by code", "הסכמה לפי קוד"),
    "by_code_note": (
        "Sorted by prevalence. n counts the units that each coder gave the code; positive agreement is the pairwise F1 (Cicchetti and Feinstein 1990) and says most where a code is rare.",
        "ממוין לפי שכיחות. n הוא מספר היחידות שכל מקודד/ת נתן להן את הקוד; הסכמה חיובית היא ה־F1 הזוגי (Cicchetti and Feinstein 1990), ובקוד נדיר היא המדד המועיל ביותר.",
    ),
    "code": ("code", "קוד"),
    "n_of": ("n", "n"),
    "prevalence": ("prevalence", "שכיחות"),
    "agree": ("agree", "הסכמה"),
    "positive": ("positive", "חיובית"),
    "kappa": ("kappa", "קאפא"),
    "alpha": ("alpha", "אלפא"),
    "ac1": ("AC1", "AC1"),
    "alpha_nominal": ("Krippendorff's alpha, present or absent", "אלפא של קריפנדורף, קיים או לא"),
    "flag_rare": ("fewer than 10 units", "פחות מ־10 יחידות"),
    "flag_wide": ("interval wider than .4", "רווח סמך רחב מ־0.4"),
    "undefined_note": (
        "A dash is a coefficient that is undefined: {reasons}.",
        "קו מסמן מקדם שאינו מוגדר: {reasons}.",
    ),
    "forest": ("Alpha of each code, people and model beside each other", "אלפא של כל קוד, אנשים ומודל זה לצד זה"),
    "forest_axis": ("Krippendorff's alpha, nominal, with 95 % interval", "אלפא של קריפנדורף, שמי, עם רווח סמך של 95%"),
    "forest_note": (
        "The lines at .667 and .80 are Krippendorff's conventions (2019), not laws.",
        "הקווים ב־0.667 וב־0.80 הם המוסכמות של קריפנדורף (2019), לא חוק.",
    ),
    "heat": ("Every pair of coders", "כל זוגות המקודדים"),
    "heat_note": (
        "Alpha on sets with the MASI distance, each pair on the units that both saw.",
        "אלפא על קבוצות במרחק MASI, כל זוג על היחידות ששניהם ראו.",
    ),
    "no_units": ("no unit in common", "אין יחידות משותפות"),
    "confusions": ("Codes that are taken for each other", "קודים שמתחלפים זה בזה"),
    "confusions_people": ("Between people", "בין אנשים"),
    "confusions_models": ("Between a person and a model", "בין אדם למודל"),
    "one_gave": ("one coded", "האחד קידד"),
    "other_gave": ("the other coded", "והאחר קידד"),
    "person_gave": ("the person coded", "האדם קידד"),
    "model_gave": ("the model coded", "המודל קידד"),
    "no_confusions": ("No two codes were taken for each other.", "לא נמצאו קודים שהתחלפו זה בזה."),
    "prevalence_figure": ("Kappa against prevalence", "קאפא מול שכיחות"),
    "prevalence_note": (
        "Kappa falls where a code is rare even when coders agree. Codes whose kappa and AC1 differ by more than .2:",
        "קאפא נמוך כשהקוד נדיר גם כשהמקודדים מסכימים. קודים שבהם קאפא ו־AC1 נבדלים ביותר מ־0.2:",
    ),
    "prevalence_index": ("prevalence index", "מדד שכיחות"),
    "bias_index": ("bias index", "מדד הטיה"),
    "levels": ("Levels of the codebook", "רמות ספר הקודים"),
    "levels_note": (
        "Every code counts for those above it. A higher level agrees more where coders differ only inside a tree.",
        "כל קוד נספר גם לקודים שמעליו. ההסכמה ברמה גבוהה גדולה יותר כשהמקודדים נבדלים רק בתוך העץ.",
    ),
    "level": ("level", "רמה"),
    "codes": ("codes", "קודים"),
    "spans": ("Where each coder coded", "היכן קידד כל אחד"),
    "spans_note": (
        "Each lane is one coder along the transcript, from its beginning {where}; the colour is the tree of the code; trees of which a stretch carries one code at most run below.",
        "כל שורה היא מקודד/ת לאורך התמליל, מתחילתו {where}; הצבע הוא העץ שאליו שייך הקוד; עצים שבהם קטע נושא קוד אחד לכל היותר מצוירים כפס דק מתחת.",
    ),
    "where": ("on the left", "מימין"),
    "strips_left_out": ("{n} more transcripts are not drawn.", "{n} תמלילים נוספים לא צוירו."),
    "span_measures": ("Agreement on stretches of text", "הסכמה על קטעי הטקסט עצמם"),
    "span_u_binary": ("|u-alpha 2016, any code", "\u2066|u-alpha 2016\u2069, קוד כלשהו"),
    "span_c_binary": (
        "c-alpha-binary, any code (ATLAS.ti 2020)",
        "\u2066c-alpha-binary\u2069, קוד כלשהו (ATLAS.ti 2020)",
    ),
    "span_segments": ("Segments that match, overlap of half (as MAXQDA)", "קטעים תואמים, חפיפה של מחצית (כמו MAXQDA)"),
    "span_segments_kappa": (
        "Brennan-Prediger kappa on segments, overlap of half (as MAXQDA)",
        "קאפא של Brennan-Prediger על קטעים, חפיפה של מחצית (כמו MAXQDA)",
    ),
    "span_nvivo": ("Kappa on characters, any code (NVivo)", "קאפא על תווים, קוד כלשהו (NVivo)"),
    "span_u": ("u-alpha 2016", "u-alpha 2016"),
    "span_cu": ("cu-alpha 2016", "cu-alpha 2016"),
    "span_coverage": ("coverage of cu-alpha 2016", "כיסוי של cu-alpha 2016"),
    "span_years": (
        "u-alpha: Krippendorff, Mathet, Bouvry and Widlöcher 2016; several statistics go by the name of alpha for unitizing, so the year is part of the name. A code counts here where it was given itself, or a code below it that is not compared. Intervals take transcripts as clusters.",
        "u-alpha: Krippendorff, Mathet, Bouvry and Widlöcher 2016; כמה מדדים שונים נקראים אלפא לחלוקה ליחידות, ולכן השנה היא חלק מן השם. קוד נספר כאן היכן שניתן הוא עצמו, או קוד שמתחתיו שאינו מושווה. רווחי הסמך מתייחסים לתמלילים כאשכולות.",
    ),
    "yes": ("yes", "כן"),
    "no": ("no", "לא"),
    "machine_note": (
        "On the {units} units of {transcripts} transcripts that all people and the model saw. Replacement: how much alpha changes when the model takes the place of each person in turn, averaged; in brackets a {method}, whose lower bound is the one-sided 95 % bound. Alternative annotator test (Calderon, Reichart and Dror 2025) with ε = {epsilon}, t tests clustered by transcript.",
        "על {units} היחידות ב־{transcripts} תמלילים שכל האנשים והמודל ראו. החלפה: בכמה משתנה אלפא כשהמודל בא במקום כל אדם בתורו, בממוצע; בסוגריים {method}, שגבולו התחתון הוא הגבול החד־צדדי של 95%. מבחן המתייג החלופי (Calderon, Reichart and Dror 2025) עם ε = {epsilon}, מבחני t באשכולות לפי תמליל.",
    ),
    "alpha_pairs": ("alpha, mean of pairs", "אלפא, ממוצע הזוגות"),
    "with_model": ("with the model", "עם המודל"),
    "replacement": ("replacing a person", "החלפת אדם"),
    "difference": ("change of alpha", "שינוי באלפא"),
    "needed": ("margin it would take", "המרווח הדרוש"),
    "noninferior": ("shown not to be worse", "הוכח שאינו נחות"),
    "alt_test": ("alternative annotator test", "מבחן המתייג החלופי"),
    "winning_rate": ("winning rate", "שיעור ניצחון"),
    "advantage": ("advantage probability", "הסתברות יתרון"),
    "passed": ("passed", "עבר"),
    "verdict": ("passes both", "עובר את שניהם"),
    "pooled": ("all codes together", "כל הקודים יחד"),
    "machine_read": (
        "A model that passes on all codes together and fails on a code fails for that code. On a rare code nearly every unit is a tie, and ties are within ε: there the alternative test passes whatever the model does, so read the replacement beside it. A dash says that the data do not decide.",
        "מודל שעובר על כל הקודים יחד ונכשל בקוד מסוים נכשל באותו קוד. בקוד נדיר כמעט כל יחידה היא תיקו, ותיקו הוא בתוך ε: שם המבחן החלופי עובר בכל מקרה, ולכן יש לקרוא לצדו את ההחלפה. קו אומר שהנתונים אינם מכריעים.",
    ),
    "machine_failed": (
        "Of {total} codes the model fails on {n}, and {undecided} are undecided.",
        "מתוך {total} קודים המודל נכשל ב־{n}, ו־{undecided} לא הוכרעו.",
    ),
    "sensitivity": ("Winning rate for other values of ε", "שיעור הניצחון בערכי ε אחרים"),
    "leave_one_out": (
        "Alpha of the people {people}; with the model beside them {model} (a diagnosis, no test: a model near the middle raises it).",
        "אלפא של האנשים {people}; כשהמודל לצדם {model} (לאבחון, לא מבחן: מודל קרוב לאמצע מעלה אותו).",
    ),
    "without": ("Without {who} {value}.", "ללא {who} {value}."),
    "errors": ("Where the model errs", "היכן המודל טועה"),
    "variable_interviewer": ("interviewer", "מראיין/ת"),
    "variable_transcript": ("transcript", "תמליל"),
    "variable_role": ("role", "תפקיד"),
    "disagreements": ("Disagreements", "מחלוקות"),
    "disagreements_note": (
        "Units on which coders differ, those on which people are farthest apart first (MASI distance); {n} listed, {left} left out.",
        "יחידות שבהן המקודדים נבדלים, תחילה אלה שבהן האנשים רחוקים זה מזה ביותר (מרחק MASI); {n} מובאות, {left} לא הובאו.",
    ),
    "kind_missed": ("one side coded nothing", "צד אחד לא קידד דבר"),
    "kind_part": ("one side coded more", "צד אחד קידד יותר"),
    "kind_within": ("other codes of the same trees", "קודים אחרים מאותם עצים"),
    "kind_across": ("codes of other trees", "קודים מעצים אחרים"),
    "no_code": ("no code", "ללא קוד"),
    "not_seen": ("not seen", "לא נראה"),
    "settled": ("settled", "הוכרע"),
    "machine": ("Is the model as good as a coder?", "האם המודל טוב כמו מקודד/ת?"),
    "margin_advance": (
        "The margin of {margin} was fixed on {date}, before any figure of a model was shown.",
        "המרווח {margin} נקבע ב־{date}, לפני שהוצג נתון כלשהו של מודל.",
    ),
    "margin_after": (
        "The margin of {margin} was chosen on {date}, after looking: figures of a model were first shown on {looked}. It proves nothing.",
        "המרווח {margin} נבחר ב־{date}, אחרי התבוננות: נתונים של מודל הוצגו לראשונה ב־{looked}. אין בו הוכחה.",
    ),
    "margin_none": (
        "No margin was fixed in advance (autocoder agree --margin), so no verdict is given.",
        "לא נקבע מרווח מראש (autocoder agree --margin), ולכן לא ניתנת הכרעה.",
    ),
    "machine_needs_people": (
        "It takes the coding of two people on units that the model saw too.",
        "נדרש קידוד של שני אנשים על יחידות שגם המודל ראה.",
    ),
    "methods": ("A paragraph for the methods section", "פסקה לפרק השיטה"),
    "methods_note": (
        "Filled from the data; check it, and add what only you know.",
        "מולאה מתוך הנתונים; יש לבדוק, ולהוסיף את מה שרק אתם יודעים.",
    ),
    "definitions": ("Definitions", "הגדרות"),
    "software": ("Software", "תוכנה"),
    "seed": (
        "Seed of chance: {seed}; resamples: {replicates}.",
        "זרע האקראיות: {seed}; מספר הדגימות החוזרות: {replicates}.",
    ),
    # evaluation
    "how_evaluated": ("How it was evaluated", "כיצד נבדק"),
    "against": ("Against {reference}", "מול {reference}"),
    "against_adjudicated": ("Against the adjudicated coding", "מול הקידוד שהוכרע"),
    "units_of": ("{units} units in {transcripts} transcripts", "{units} יחידות ב־{transcripts} תמלילים"),
    "who": ("who", "מי"),
    "linear": ("linear baseline", "מודל לינארי"),
    "majority": ("majority guess", "ניחוש הרוב"),
    "precision": ("precision", "דיוק"),
    "recall": ("recall", "כיסוי"),
    "macro": ("macro", "מאקרו"),
    "micro": ("micro", "מיקרו"),
    "domains": ("top-level codes, macro F1", "קודי הרמה העליונה, F1 מאקרו"),
    "curve": ("Learning curve", "עקומת למידה"),
    "curve_across": ("transcripts learned from", "מספר התמלילים שנלמדו"),
    "curve_up": ("macro F1", "F1 מאקרו"),
    "curve_encoder": ("encoder", "מקודד עצבי"),
    "calibration": ("Calibration", "כיול"),
    "calibration_note": (
        "Of units with a given score, the share that the person coded too. Brier score {brier} (each code's own share as its only score: {shares}); expected calibration error {ece} (10 bins of equal width).",
        "מבין היחידות בעלות ציון נתון, השיעור שגם האדם קידד. ציון Brier \u200f{brier} (כשציונו היחיד של כל קוד הוא שכיחותו: {shares}); שגיאת כיול צפויה {ece} (עשרה תאים שווים).",
    ),
    "taught_by": ("Taught by", "למד/ה מן הקידוד של"),
    "out_of_fold": (
        "Whole transcripts were held out in {folds} folds: encoder, linear machines, calibration and thresholds come from other transcripts than those that are judged. Only blind coding judges.",
        "תמלילים שלמים הוצאו ב־{folds} חלקים: המקודד העצבי, המודלים הלינאריים, הכיול והספים נלמדו מתמלילים אחרים מאלה שנשפטים. רק קידוד עיוור שופט.",
    ),
    "beside": ("{against}, on the units that {other} coded too", "{against}, על היחידות שגם {other} קידד/ה"),
    "kappa_pooled_short": ("kappa, pooled", "קאפא מאוחד"),
    "alpha_masi_short": ("alpha, MASI", "אלפא, MASI"),
    "evaluation_note": (
        "In brackets: 95 % intervals that resample transcripts. AUPRC is the area under the precision-recall curve, macro; a majority guess and a person have no scores to rank. Macro F1 is the mean over the codes that the reference used.",
        "בסוגריים: רווחי סמך של 95% מדגימה חוזרת של תמלילים. AUPRC הוא השטח מתחת לעקומת דיוק־כיסוי, מאקרו; לניחוש הרוב ולאדם אין ציונים לדירוג. F1 מאקרו הוא הממוצע על פני הקודים שבהם השתמש המקור.",
    ),
    "curve_note": (
        "Mean over draws of the held-out fifth of the transcripts; the shade goes from the lowest draw to the highest.",
        "ממוצע על פני הגרלות של חמישית התמלילים שהוצאה; ההצללה היא מההגרלה הנמוכה לגבוהה.",
    ),
    "mean_score": ("mean score", "ציון ממוצע"),
    "score": ("score", "ציון"),
    "share_true": ("share that the person coded", "השיעור שהאדם קידד"),
    "cells": ("unit-code pairs", "צמדי יחידה־קוד"),
}


def words(language: Language) -> Mapping[str, str]:
    """Return what the pages say in a language."""
    place = 1 if language is Language.HEBREW else 0
    return MappingProxyType({key: both[place] for key, both in _WORDS.items()})


_SENTENCES = (
    (
        r"(\d+)\s?% t interval on (\d+) degrees of freedom, cluster delta method over (\d+) \w+ \(Vanbelle 2017\), influences taken by leaving one out, on the scale of Fisher's z",
        r"רווח סמך t של \1% עם \2 דרגות חופש, שיטת הדלתא באשכולות על פני \3 תמלילים (Vanbelle 2017), ההשפעות נאמדו בהשמטת אחד בכל פעם, בסולם z של פישר",
    ),
    (
        r"(\d+)\s?% percentile interval, cluster bootstrap, (\d+) resamples of (\d+) \w+, seed (\d+) \(Field and Welsh 2007\)",
        r"רווח סמך אחוזוני של \1%, bootstrap של אשכולות, \2 דגימות חוזרות של \3 תמלילים, זרע \4 (Field and Welsh 2007)",
    ),
    (r"only (\d+) transcripts: the interval is rough", r"\1 תמלילים בלבד: רווח הסמך גס"),
    (r"no unit was judged by two coders", "אף יחידה לא נשפטה על ידי שני מקודדים"),
    (r"only one category was used", "נעשה שימוש בקטגוריה אחת בלבד"),
    (
        r"two of the coders share no unit, or used one and the same category only",
        "לשניים מהמקודדים אין יחידה משותפת, או שהשתמשו בקטגוריה אחת ויחידה",
    ),
    (r"the values used are at no distance from each other", "אין מרחק בין הערכים"),
    (r"no coder used it", "איש לא השתמש בקוד"),
    (r"no interval from fewer than two transcripts", "אין רווח סמך מפחות משני תמלילים"),
    (
        r"no interval: the value is the same whichever transcripts are drawn",
        "אין רווח סמך: הערך זהה בכל בחירה של תמלילים",
    ),
    (
        r"Only (\d+) transcripts are compared: the intervals are rough; five or more are needed to rely on them\.",
        r"הושוו \1 תמלילים בלבד: רווחי הסמך גסים; כדי להסתמך עליהם דרושים חמישה או יותר.",
    ),
    (
        r"No unit was seen by all coders: figures of different pairs stand on different units\.",
        "אין יחידה שכל המקודדים ראו: הנתונים של זוגות שונים נשענים על יחידות שונות.",
    ),
    (r"(.+) was called (.+) in version (\d+) and is called (.+) now\.", r"הקוד \1 נקרא \2 בגרסה \3, ועתה הוא נקרא \4."),
)


def in_language(sentence: str, language: Language) -> str:
    """Return a sentence of the measuring modules, which speak English, in the page's language.

    One that has no translation stays as it is rather than being lost.
    """
    if language is Language.ENGLISH:
        return sentence
    for pattern, translation in _SENTENCES:
        match = re.fullmatch(pattern, sentence)
        if match:
            return match.expand(translation)
    return sentence
