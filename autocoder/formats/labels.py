"""What a speaker's label and a timestamp look like; ``speakers.py`` decides which of the candidates are speakers.

A label is matched normalised (``text.normalise``), without ``#``, ``@``, brackets around it or the ``<< tag >>`` of a
protocol.

*Known* labels carry their role: words of the trade in Hebrew and English (מראיינת, מנחה, interviewer, Q; מרואיין,
משתתפת 3, דובר 1, SPEAKER_00; ש and ת), with or without a number and the article. ``מ`` and ``מר'`` are *ambiguous*.

Any other label is *plausible* by shape alone: up to six words and sixty characters (brackets such as a party's name do
not count), letters with at most a closing number, no sentence punctuation (a stop only in an initial or a title), and
none of the words that carry a running sentence ("אמרתי", "יש", "הבעיה") or a form's heading ("תאריך"). ``אני``, an
interviewer who transcribes, is plausible too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from autocoder.project import Role
from autocoder.text import normalise


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_INTERVIEWER = _words(
    "מראיינת מראיין מראיינ/ת מראיין/ת מראיינים מראיינות מנחה מנחים מנחות חוקרת חוקר חוקר/ת שואל שואלת "
    "interviewer moderator facilitator researcher interviewers int"
)
_INTERVIEWER_ALONE = _words("ש שאלה i q question")
_TRANSCRIBER = "אני"
_PARTICIPANT = _words(
    "מרואיינת מרואיין מרואיינ/ת מרואיין/ת משתתפת משתתף משתתפ/ת משתתף/ת משתתפים דובר דוברת דובר/ת נחקר נחקרת נחקר/ת "
    "נשאל נשאלת interviewee participant respondent speaker"
)
_PARTICIPANT_ALONE = _words("ת תשובה נ a p r answer")
_AMBIGUOUS = frozenset(("מ", "מר"))

_SENTENCE_WORDS = _words(
    "אז אמר אמרה אמרו אמרתי אמרת אמרנו אומר אומרת אומרים אומרות יגיד תגיד להגיד שאל שאלה שאלו שאלתי ענה ענתה עניתי "
    "לי לך לו לה לנו לכם לכן להם להן אותי אותך אותו אותה אותנו אותם איתי איתו איתה איתם שלי שלך שלו שלה שלנו שלהם "
    "אליי אליו אליה יש אין היה היו היתה הייתה הייתי יהיה תהיה זה זו זאת אלה אלו הוא היא הם הן אני אנחנו אנו אתה את "
    "אתם אתן של על עם אל כי אם אבל גם רק לא כן מה למה איך איפה מתי האם כמה אחד אחת שתי שלוש שלושה ארבע ארבעה "
    "למשל לדוגמה לדוגמא כלומר לסיכום בקיצור בעצם דוגמה דוגמא בעיה בעיות הבעיה הבעיות השאלה שאלות התשובה תשובות נקודה "
    "נקודות הערה הערות מסקנה דבר דברים הדבר הנושא הסיבה סיבות וזה ואז ואני והוא והיא כמו כך ככה כאן שם פה עכשיו אחרי "
    "לפני בגלל בשעה שעה בין רגע the is are was were be been said says say told asked and but so that this these those "
    "it he she we they you have has had do did not of for with from about because then there here what why how when "
    "where example note notes problem problems reason my your his her our their"
)
_NAMES_TOO = _words("שלי איתי לי")
"""Sentence words that are first names at the beginning of a label."""
_HEADING_WORDS = _words(
    "תאריך מקום נושא משך קובץ הקלטה תמלול מתמלל מתמללת מספר מין מגדר תפקיד כותרת פרטים ארגון שעת תחילת סיום מטרה "
    "נוכחים משתתפים שם שמות מחקר ראיון date place title file duration transcript transcription recorded recording "
    "location subject age gender name names present interview time topic study length"
)

_LONGEST = 60
_MOST_WORDS = 6
_LONGEST_LINE = 100
_MARKS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff"
_GAP = rf"[\s{_MARKS}]*+"  # possessive: a run of spaces is tried once, however long
_GAP_BUT_TAB = rf"(?:[^\S\t]|[{_MARKS}])*+"
_CLOCK = r"\d{1,3}:[0-5]\d(?::[0-5]\d(?:[:;]\d\d)?)?(?:[.,]\d{1,7})?"  # the fourth number counts frames of a film
_RANGE = rf"{_CLOCK}(?:\s*(?:-->|[-–])\s*{_CLOCK})?"
_STAMP = (
    rf"(?:\[\s*{_RANGE}\s*\]|\(\s*{_RANGE}\s*\)|\{{\s*{_RANGE}\s*\}}|<\s*{_RANGE}\s*>|#{_CLOCK}(?:-\d)?#"
    r"|(?<![\d:])\d{1,2}:[0-5]\d:[0-5]\d(?:[:;]\d\d)?(?:[.,]\d{1,7})?(?![\d:]))"
)
_NUMBER = r"(?:\d{1,4}(?:[.)](?=\s)|(?=\t)))?"  # of a numbered paragraph
_BEFORE = rf"{_GAP}{_NUMBER}{_GAP}(?P<before>{_STAMP}|\d{{1,3}}:[0-5]\d(?=\s))?{_GAP}[-–]?{_GAP}"
_BESIDE = rf"{_GAP}(?P<beside>{_STAMP})?{_GAP}"
_AFTER = rf"{_GAP}(?P<after>{_STAMP})?{_GAP}"
_COLON = re.compile(rf"{_BEFORE}(?P<label>[^:\t\n]{{1,90}}?){_BESIDE}:(?!//)(?!(?<=\d:)\d)\*{{0,2}}{_AFTER}")
_TAG_AFTER = re.compile(rf"{_GAP}<<\s*[^<>\n]{{1,12}}>>?{_GAP}")
_OTHER = re.compile(
    rf"{_BEFORE}(?:[\[{{](?P<boxed>[^\]}}:\t\n]{{1,40}})[\]}}]"
    rf"|(?P<label>[^:\t\n]{{1,40}}?){_GAP_BUT_TAB}(?P<beside>{_STAMP})?{_GAP_BUT_TAB}"
    rf"(?:\t(?:\s*[-–—](?=\s))?|[-–—](?=\s))){_AFTER}"
)
_BARE = re.compile(rf"{_BEFORE}(?P<label>[^:\t\n]{{1,60}}?){_GAP}(?P<beside>{_STAMP}|(?<=\s){_CLOCK})?{_GAP}$")
_STAMP_AT = re.compile(rf"{_GAP}(?P<stamp>{_STAMP}){_GAP}(?:[-–]\s+)?")
_NUMBERS = re.compile(r"\d+")
_TENTHS = re.compile(r"-(\d)#$")
_NOTICE = re.compile(r"\s*(?:.{1,60} (?:started|stopped) transcription|Transcribed by https://otter\.ai)\s*")

_TAG = re.compile(r"<<?[^<>]*>>?")
_BRACKETED = re.compile(r"\([^()]*\)")
_NUMBERED = re.compile(r"^(.*?)[\s_#.\-']*\d{0,3}$")
_INITIAL = re.compile(r"^(?:[^\W\d_]{1,2}\.)+[^\W\d_]{0,2}$|^(?:dr|mr|mrs|ms|prof|פרופ)\.$", re.IGNORECASE)
_NAME = re.compile(r"^[^\W\d_]+(?:[\"'/\-][^\W\d_]+)*'?$")
_IDENTIFIER = re.compile(r"^[A-Za-zא-ת]+_?\d+$")
_LETTERS = re.compile(r"[^\W\d_]+(?:[/\"'][^\W\d_]+)*")


@dataclass(frozen=True)
class Head:
    """A label at the opening of a line; ``speech`` is the position behind it, ``time`` in seconds."""

    label: str
    speech: int
    time: float | None

    @property
    def key(self) -> str:
        """What labels are compared by."""
        return self.label.casefold()


def clean(label: str) -> str:
    """Return a label as it is shown and stored: normalised, without colon, tags, ``#``, ``@`` and outer brackets."""
    return normalise(_TAG.sub("", label)).rstrip(":").strip(" #@*[]{}").strip()


def base_of(label: str) -> str:
    """Return a label without its number and geresh: ``משתתפת 3`` is ``משתתפת``, ``SPEAKER_00`` is ``speaker``."""
    match = _NUMBERED.match(label.casefold())
    return match.group(1).strip() if match else label.casefold()


def known_role(label: str) -> Role | None:
    """Return the role of a label of the trade; None for names and for ambiguous labels."""
    base = base_of(label)
    bare = base[1:] if base.startswith("ה") else base
    if base in _INTERVIEWER_ALONE or base in _INTERVIEWER or bare in _INTERVIEWER:
        return Role.INTERVIEWER
    if base in _PARTICIPANT_ALONE or base in _PARTICIPANT or bare in _PARTICIPANT:
        return Role.PARTICIPANT
    return None


def is_ambiguous(label: str) -> bool:
    """Tell whether a label may stand for either role: ``מ`` (מראיינת, מרואיין, מנחה, משתתף)."""
    return base_of(label).rstrip("'.") in _AMBIGUOUS


def role_within(label: str) -> Role:
    """Return the role of any speaker: that of a word such as ``(מנחה)`` beside a name, or else participant."""
    if role := known_role(label):
        return role
    said = {word.casefold() for word in _LETTERS.findall(label)}
    bare = said | {word[1:] for word in said if word.startswith("ה")}
    return Role.INTERVIEWER if bare & (_INTERVIEWER | {_TRANSCRIBER}) else Role.PARTICIPANT


def is_heading(label: str) -> bool:
    """Tell whether a label is a form's heading, such as ``תאריך``, and not a speaker."""
    words = [word.casefold() for word in _LETTERS.findall(label)]
    return bool(words) and (words[0] in _HEADING_WORDS or words[0].removeprefix("ה") in _HEADING_WORDS)


def plausible(label: str) -> bool:
    """Tell whether a cleaned label has the shape of a speaker's name; what the module's docstring says."""
    if label == _TRANSCRIBER:
        return True
    outside = _BRACKETED.sub("", label).strip()
    words = outside.split()
    if not words or len(label) > _LONGEST or len(words) > _MOST_WORDS or not words[0][0].isalpha():
        return False
    if len(words) > 1 and words[0][0].islower():
        return False  # a name of several words in Latin letters has capitals
    if len(words) > 1 and words[-1].isdecimal() and len(words[-1]) <= 3:
        words.pop()
    shaped = all(_NAME.match(word) or _INITIAL.match(word) for word in words)
    if not shaped and not (len(words) == 1 and _IDENTIFIER.match(words[0])):
        return False
    said = [word.casefold().strip(".'") for word in words]
    running = said[0] in _SENTENCE_WORDS - _NAMES_TOO or any(word in _SENTENCE_WORDS for word in said[1:])
    return not running and not is_heading(label)


def head_with_colon(text: str, start: int, end: int) -> Head | None:
    """Return the candidate label of a line that has a colon, whatever its shape; None without one."""
    match = _COLON.match(text, start, end)
    label = clean(match["label"]) if match else ""
    if not match or not label:
        return None
    tag = _TAG_AFTER.match(text, match.end(), end)
    return Head(label, tag.end() if tag else match.end(), _time_in(match))


def head_with_other_sign(text: str, start: int, end: int) -> Head | None:
    """Return the candidate label of a line that has a dash, a tab or brackets behind it; None without one."""
    match = _OTHER.match(text, start, end)
    label = clean(match["boxed"] or match["label"]) if match else ""
    return Head(label, match.end(), _time_in(match)) if match and label else None


def head_alone(text: str, start: int, end: int) -> Head | None:
    """Return the candidate label that is a whole short line, with or without a time; None for a longer one."""
    match = _BARE.match(text, start, end) if end - start <= _LONGEST_LINE else None
    label = clean(match["label"]) if match else ""
    return Head(label, end, _time_in(match)) if match and label else None


def leading_time(text: str, start: int, end: int) -> tuple[float, int] | None:
    """Return the seconds of a timestamp that opens the stretch and the position behind it; None without one."""
    match = _STAMP_AT.match(text, start, end)
    return (seconds(match["stamp"]), match.end()) if match else None


def is_clock(text: str) -> bool:
    """Tell whether a text is a time and nothing else, bracketed or not: a table's or a line's timestamp."""
    return re.fullmatch(rf"{_GAP}(?:{_STAMP}|{_RANGE}){_GAP}", text) is not None


def is_notice(text: str) -> bool:
    """Tell whether a line is what Teams or Otter says about its own work, which nobody in the conversation said."""
    return _NOTICE.fullmatch(text) is not None


def seconds(stamp: str) -> float:
    """Return the seconds of a timestamp; of a range its beginning; ``-5#`` are tenths, as MAXQDA and F4 write them."""
    tenths = _TENTHS.search(stamp)
    first = re.search(_CLOCK, stamp)
    clock, _, fraction = (first.group() if first else "0:00").replace(",", ".").partition(".")
    whole = 0
    for number in _NUMBERS.findall(clock)[:3]:
        whole = whole * 60 + int(number)
    return whole + float(f"0.{fraction or '0'}") + (int(tenths.group(1)) / 10 if tenths else 0.0)


def _time_in(match: re.Match[str]) -> float | None:
    found = match.groupdict()
    stamp = found.get("before") or found.get("beside") or found.get("after")
    return seconds(stamp) if stamp else None
