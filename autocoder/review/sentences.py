"""What the core says in English, as the page says it: in the reader's language, and without commands and options.

Each sentence stands here by its words, with gaps for what it speaks of; what is in a gap goes over as it is. What is
said of a file is made of parts, each of which stands here by itself: where it is, what it is and what to do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from autocoder.report.words import Language
from autocoder.review import file_words

Said = Mapping[str, str | tuple[str, str]]
"""By the core's words: the Hebrew ones, or the page's own English ones and the Hebrew ones."""

_RIGHT_TO_LEFT = "\u200f"
_GAP = re.compile(r"\{(\w+)\}")

SENTENCES: Said = {
    # answers
    "a memo has at most {most} characters; shorten it.": "אורך הערה הוא לכל היותר {most} תווים; יש לקצר אותה.",
    "the code {code} is not in the codebook any more; choose another code.": "הקוד {code} כבר אינו בספר הקודים; יש לבחור קוד אחר.",
    "{name} only holds other codes; choose one below it.": "{name} הוא רק תיקייה לקודים אחרים; יש לבחור קוד שתחתיו.",
    "the new boundaries hold no text of this transcript; mark them again.": "בגבולות החדשים אין טקסט מן התמליל הזה; יש לסמן אותם מחדש.",
    "no answer was chosen; accept, reject or choose other codes.": "לא נבחרה תשובה; אפשר לאשר, לדחות או לבחור קודים אחרים.",
    "an answer is taken back by undoing it.": "תשובה מבטלים במקש הביטול (U).",
    "the memo is empty; write something or go on.": "ההערה ריקה ולא נשמרה; אפשר לכתוב משהו או להמשיך.",
    "nothing is suggested here; choose codes, or say that none fits.": "אין כאן הצעה; יש לבחור קודים, או לציין שאף קוד אינו מתאים.",
    "no code was chosen; choose one or more, or reject the suggestion.": "לא נבחר קוד; יש לבחור אחד או יותר, או לדחות את ההצעה.",
    "no code was chosen; choose one or more, or say that none fits.": "לא נבחר קוד; יש לבחור אחד או יותר, או לציין שאף קוד אינו מתאים.",
    "codes were chosen with an answer that takes none; choose other codes instead.": "נבחרו קודים יחד עם תשובה שאינה כוללת קודים; כדי לשמור אותם יש לבחור בקוד אחר.",
    "no code was chosen for the new boundaries; choose one or more.": "לא נבחר קוד לגבולות החדשים; יש לבחור אחד או יותר.",
    "new boundaries were left out, or came with an answer that takes none; mark them again.": "הגבולות החדשים חסרים, או באו עם תשובה שאינה משנה גבולות; יש לסמן אותם מחדש.",
    "at most {most} suggestions are accepted at once; take fewer.": "אפשר לאשר יחד לכל היותר {most} הצעות; יש לסמן פחות.",
    "a passage that was drawn as a check is answered on its own.": "קטע שנבחר לבדיקה נענה בפני עצמו, ולא יחד עם אחרים.",
    "you changed this passage in another window meanwhile; look at it again.": "הקטע הזה שונה בינתיים בחלון אחר שלך; כך הוא עכשיו.",
    "{transcript} has {count} passages and none of number {number}.": "בתמליל {transcript} יש {count} קטעים, ואין בו קטע מספר {number}.",
    "the code {code} came here from a file; take it away there and import it again.": "הקוד {code} הגיע לכאן מקובץ; יש להסיר אותו בקובץ ולייבא אותו שוב.",
    "the two do not differ on passage {number} of {transcript}.": "השניים אינם נבדלים בקטע {number} של {transcript}.",
    "say why the two differed: unclear passage, definition gap, slip or genuine difference.": (
        "say first why the two differed (1–4); nothing was saved.",
        "יש לציין קודם מדוע השניים נבדלו (1–4); דבר לא נשמר.",
    ),
    # taking back
    "this decision cannot be taken back: it was, or it is not yours, or it is committed.": "אי אפשר לבטל את ההחלטה הזאת: היא כבר בוטלה, או שאינה שלך, או שהקידוד נסגר.",
    "a later decision of yours is about the same passage; take that one back first.": "יש החלטה מאוחרת שלך על אותו קטע; יש לבטל אותה קודם.",
    "a later coding of yours excludes what would come back; take that one back first.": "יש קידוד מאוחר שלך שאינו יכול לעמוד יחד עם מה שיחזור; יש לבטל אותו קודם.",
    # a new code
    "the new code has no name; give it one in Hebrew or English.": "לקוד החדש אין שם; יש לתת לו שם בעברית או באנגלית.",
    "a code's name has at most {most} characters; shorten it.": "אורך שם של קוד הוא לכל היותר {most} תווים; יש לקצר אותו.",
    "a definition has at most {most} characters; shorten it.": "אורך הגדרה הוא לכל היותר {most} תווים; יש לקצר אותה.",
    "the code under which the new one should stand is not in the codebook any more.": "הקוד שתחתיו אמור לעמוד הקוד החדש כבר אינו בספר הקודים; יש לבחור מקום אחר.",
    "{name} is in the codebook already; choose it.": "{name} כבר נמצא בספר הקודים; אפשר לבחור אותו.",
    # who may do what
    "{coder} saw suggestions in {transcript}; blind coding there needs somebody else.": "{coder}: כבר נראו הצעות בתמליל {transcript}, ולכן הקידוד העיוור שם צריך להינתן למישהו אחר.",
    "{coder} has begun to code {transcript} blind; only committing ends that.": "{coder}: הקידוד העיוור של {transcript} כבר התחיל, ורק סגירתו מסיימת אותו.",
    "the blind coding of {transcript} was committed on {day} and stays as it is.": "הקידוד העיוור של {transcript} נסגר ב־{day}, ונשאר כפי שהוא.",
    "you code {transcript} blind; commit that before you look at suggestions there.": "התמליל {transcript} נמצא אצלך בקידוד עיוור; יש לסגור אותו לפני שרואים בו הצעות.",
    "{transcript} is not yours to confirm: it is assigned to others, or you code it blind.": "אישור ההצעות בתמליל {transcript} אינו פתוח בפניך: הוא שויך לאחרים, או שהוא אצלך בקידוד עיוור.",
    "you saw suggestions in {transcript}; blind coding there needs somebody else.": "כבר ראית הצעות בתמליל {transcript}; הקידוד העיוור שם צריך להינתן למישהו אחר.",
    "there is no open blind coding of {transcript} to commit.": "אין קידוד עיוור פתוח של {transcript} שאפשר לסגור.",
    "{left} of {total} passages of {transcript} have no answer yet; answer them first.": "{left} מתוך {total} הקטעים של {transcript} עוד לא נענו; יש לענות עליהם קודם.",
    "some differences in {transcript} are not settled yet; settle them first.": "יש ב־{transcript} הבדלים שעוד לא הוכרעו; יש להכריע בהם קודם.",
    "{transcript} is not yours to adjudicate; a lead can give it to you.": "ההכרעה בתמליל {transcript} לא הוטלה עליך; מי שבתפקיד הובלה יכולים להטיל אותה.",
    "{transcript} cannot be adjudicated between these two: both must have committed it.": "אי אפשר להכריע בתמליל {transcript} בין השניים האלה לפני ששניהם סגרו את הקידוד.",
    "{transcript} has no such pair of coders who both committed.": "לתמליל {transcript} אין זוג כזה של מקודדים שסגרו שניהם את הקידוד.",
    "this passage was drawn for another person.": "הקטע הזה נבחר עבור אדם אחר.",
    # jobs: asking for them
    "it is not clear yet who speaks in the files; answer that first.": "עוד לא ברור מי מדברים בקבצים; יש לענות על כך קודם.",
    "some codings found no place; say that they are to be left out, or send the files anew.": "לחלק מן הקידודים לא נמצא מקום; יש לסמן שיש להשמיט אותם, או לשלוח את הקבצים מחדש.",
    "the files of this import are not here any more; send them anew.": "הקבצים של הייבוא הזה כבר אינם כאן; יש לשלוח אותם מחדש.",
    "agreement is counted by {units}; choose one of them.": "יחידת ההשוואה היא קטע, משפט או תו; יש לבחור אחת מהן.",
    "the margin is a number between 0 and 1; 0.05 is usual.": "המרווח הוא מספר בין 0 ל־1; מקובל 0.05.",
    "files of this kind are not written; choose one of {endings}.": "אי אפשר לייצא קובץ מן הסוג הזה; אפשר לבחור אחד מאלה: {endings}.",
    "a speaker is interviewer, participant, or no speaker at all; choose one of them.": "לכל תווית יש לבחור: בתפקיד ריאיון, משתתפים, או לא שם של דוברים.",
    "the files are more than the {size} MB that are taken at once; send fewer at a time, or import them with the command autocoder import.": (
        "the files are more than the {size} MB that are taken at once; send fewer at a time.",
        "הקבצים גדולים מ־{size} MB, שהם המרב לשליחה אחת; יש לשלוח פחות קבצים בכל פעם.",
    ),
    "the form did not come as files; choose the files again and send them.": "הטופס הגיע בלי קבצים; יש לבחור את הקבצים שוב ולשלוח.",
    "the files did not arrive whole; send them again.": "הקבצים לא הגיעו בשלמותם; יש לשלוח אותם שוב.",
    "no file was chosen; choose one or more and send them.": "לא נבחר קובץ; יש לבחור אחד או יותר ולשלוח.",
    "the files cannot be kept ({why}); free some space on the disk.": "אי אפשר לשמור את הקבצים ({why}); יש לפנות מקום בדיסק.",
    "two files are called {name}; send them one after the other, or rename one.": "יש שני קבצים בשם {name}; יש לשלוח אותם בזה אחר זה, או לשנות שם של אחד מהם.",
    "there are more than {most} files; send fewer at a time.": "יש יותר מ־{most} קבצים; יש לשלוח פחות בכל פעם.",
    "a field of the form is too long; send the files again.": "אחד השדות בטופס ארוך מדי; יש לשלוח את הקבצים שוב.",
    "the form has too many fields; send the files again.": "יש בטופס שדות רבים מדי; יש לשלוח את הקבצים שוב.",
    # jobs: doing them
    "the project or the files changed since the plan was shown; read the files again to see it.": "הפרויקט או הקבצים השתנו מאז שהתוכנית הוצגה; יש לקרוא את הקבצים שוב כדי לראות אותה.",
    "it came upon a fault of autocoder; the window in which autocoder review runs says more, report it.": (
        "it came upon a fault of the program; the window in which the page was started says more, report it.",
        "זו תקלה בתוכנה; בחלון שבו הופעל הדף כתוב עוד על כך, וכדאי לדווח עליה.",
    ),
    "it was broken off {times} times without saying why, often for lack of memory; close other programs and start it again.": "המשימה נקטעה {times} פעמים בלי סיבה ידועה, ולרוב זה מחוסר זיכרון; יש לסגור תוכנות אחרות ולהתחיל אותה שוב.",
    "the memory does not suffice; close other programs and start it again.": "אין די זיכרון; יש לסגור תוכנות אחרות ולהתחיל שוב.",
    "the disk refuses ({why}); free space and start it again.": "אי אפשר לכתוב לדיסק ({why}); יש לפנות מקום ולהתחיל שוב.",
    "{project} holds no human coding yet; import a .qdpx or a table of coded segments.": "בפרויקט {project} אין עדיין קידוד של אנשים; אפשר לייבא קובץ qdpx או טבלה של קטעים מקודדים, או לקודד כאן.",
    "{coder} has coded nothing in {project}; name one of the coders in autocoder status.": (
        "{coder} has coded nothing in {project}; choose somebody who has.",
        "אין ב־{project} קידוד של {coder}; יש לבחור מישהו שיש קידוד שלו.",
    ),
    "no code has eight coded units in two transcripts yet; code more, then train again.": "אין עדיין קוד עם שמונה קטעים מקודדים בשני תמלילים; יש לקודד עוד, ואז לאמן שוב.",
    "the encoder {name} cannot be loaded ({why}); name a folder with an encoder or a hub model without code of its own, or leave --encoder out for the bundled one.": (
        "the encoder {name} cannot be loaded ({why}); give a folder that holds one, or leave the field empty for the bundled one.",
        "אי אפשר לטעון את המקודד {name} ({why}); יש לציין תיקייה שיש בה מקודד, או להשאיר את השדה ריק בשביל המצורף.",
    ),
    "the encoder {name} has no fast tokenizer; choose another encoder.": "למקודד {name} אין tokenizer מהיר; יש לבחור מקודד אחר.",
    "{folder} has a form that this version does not know; install the version that trained it.": "המודל {folder} שמור במבנה שהגרסה הזאת אינה מכירה; יש להתקין את הגרסה שאימנה אותו.",
    "{folder}: {file} is missing or was changed since training; train the model again.": "במודל {folder} הקובץ {file} חסר, או שונה מאז האימון; יש לאמן את המודל שוב.",
    "{folder}: {file} is damaged; train the model again.": "במודל {folder} הקובץ {file} פגום; יש לאמן את המודל שוב.",
    "{folder} is no model: it has no {file}; name a folder that autocoder train made.": (
        "{folder} is no model: it has no {file}; choose another model or train one.",
        "{folder} אינו מודל, כי אין בו {file}; יש לבחור מודל אחר או לאמן אחד.",
    ),
    "the model {name} {why}; train again, then evaluate.": "אי אפשר להעריך את המודל {name}; יש לאמן מודל שוב.",
    "{project} has no model yet; train one with: autocoder train {folder}.": (
        "{project} has no model yet; train one first.",
        "בפרויקט {project} אין עדיין מודל; יש לאמן אחד תחילה.",
    ),
    "there is no model {name}; autocoder status names the models of the project.": (
        "there is no model {name} any more; choose one of those in the list.",
        "אין מודל בשם {name}; יש לבחור אחד מאלה שברשימה.",
    ),
    "the model suggests {code}, which is not in the codebook; train one on this project.": "המודל מציע את הקוד {code}, שאינו בספר הקודים; יש לאמן מודל בפרויקט הזה.",
    "there is no transcript {name}; autocoder import it first.": (
        "there is no transcript {name}; import it first.",
        "אין תמליל בשם {name}; יש לייבא אותו תחילה.",
    ),
    "there is no transcript {name}; choose among those of the project.": "אין תמליל בשם {name}; יש לבחור מבין תמלילי הפרויקט.",
    "these coders have no unit in common; let them code the same transcripts.": "אין קטע שקודד על ידי כל מי שנבחרו להשוואה; צריך קידוד של אותם תמלילים.",
    "these coders gave none of these codes where they coded the same; leave --level or --codes out.": (
        "these coders gave no code where they coded the same; let them code more.",
        "במקומות ששניים קידדו לא ניתן אף קוד; צריך לקודד עוד.",
    ),
    "{project} has fewer than two coders to compare; import the coding of another one.": "אין ב־{project} שני מקודדים להשוואה; יש לייבא קידוד של עוד מישהו, או לקודד כאן בקידוד עיוור.",
    "nobody called {name} coded here; the coders are {coders}.": "אין כאן קידוד של {name}; יש קידוד של: {coders}.",
    "{coder} coded {code} in {transcript} under version {old} of the codebook, and version {new} has no such code; rename or merge it in the codebook first.": "בקידוד של {coder} בתמליל {transcript} ניתן הקוד {code} לפי גרסה {old} של ספר הקודים, ובגרסה {new} אין קוד כזה; יש קודם לשנות את שמו או למזג אותו בספר הקודים.",
    "{coder} put both {one} and {other} on characters {first} to {last} of {transcript}, and a stretch carries one code of {tree} at most; mend the coding, or leave these codes out with --codes.": (
        "{coder} put both {one} and {other} on characters {first} to {last} of {transcript}, and a stretch carries one code of {tree} at most; mend the coding first.",
        "בקידוד של {coder} ניתנו גם {one} וגם {other} לתווים {first} עד {last} של {transcript}, וקטע נושא לכל היותר קוד אחד מתוך {tree}; יש קודם לתקן את הקידוד.",
    ),
    "how far {model} may fall behind a coder is not fixed yet, and a margin chosen after looking at the figures proves nothing; give the margin first, or compare people alone.": "עוד לא נקבע בכמה מותר ל־{model} ליפול ממקודדים אנושיים, ומרווח שנבחר אחרי שרואים את הנתונים אינו מוכיח דבר; יש לתת קודם את המרווח, או להשוות אנשים בלבד.",
    "the margin {margin} was fixed for {project} on {day}, and one chosen after looking at the figures proves nothing; leave --margin out.": (
        "the margin {margin} was fixed for {project} on {day}, and one chosen after looking at the figures proves nothing; leave the field empty.",
        "המרווח {margin} נקבע לפרויקט {project} ב־{day}, ומרווח שנבחר אחרי שרואים את הנתונים אינו מוכיח דבר; יש להשאיר את השדה ריק.",
    ),
    "a margin of {margin} is none; fix how much alpha may be lost, for example 0.05.": "{margin} אינו מרווח; יש לקבוע כמה מותר לאבד מן ההסכמה, למשל 0.05.",
    "{name} is known as a {kind} coder; give the other one another name.": "השם {name} כבר שמור כאן למודל או לאדם; יש לתת לשני שם אחר.",
    "{where} is outside the transcripts; import the transcript again.": "אחד הקידודים חורג מן התמליל ({where}); יש לייבא את התמליל שוב.",
    "{where} names the code {code} by {coder}, one of them unknown; add it.": "יש קידוד בקוד {code} מאת {coder} ({where}), ואחד מהם אינו מוכר בפרויקט; יש להוסיף אותו.",
    "{name}: codings are written as .csv or .jsonl; give the file one of these endings.": "{name}: קידודים נכתבים כ־csv או jsonl; יש לבחור אחד מאלה.",
    "{file}: reading it back, {what}; do not use the file and report this as a fault.": "הקובץ {file} נקרא בחזרה ואינו זהה למה שנכתב ({what}); אין להשתמש בו, וכדאי לדווח על התקלה.",
    "{file}: the codebook {name} has no codes to write; add one.": "בספר הקודים {name} אין קודים לייצא; יש להוסיף קוד.",
    "the codes {one} and {other} share the GUID {guid}; give one its own.": "לקודים {one} ו־{other} יש אותו GUID, {guid}; יש לתת לאחד מהם GUID משלו.",
    "codebook {name}: the id {code} stands twice; give each code an id of its own.": "בספר הקודים {name} המזהה {code} מופיע פעמיים; יש לתת לכל קוד מזהה משלו.",
    "codebook {name}: the parent {parent} of {code} is missing; add it.": "בספר הקודים {name} חסר {parent}, שתחתיו עומד {code}; יש להוסיף אותו.",
    "codebook {name}: {code} is its own ancestor; break the cycle.": "בספר הקודים {name} הקוד {code} עומד תחת עצמו; יש לתקן את סדר הקודים.",
    "{folder}: the database cannot be used ({why}); {remedy}.": "אי אפשר להשתמש במסד הנתונים של הפרויקט ({why}); יש לסגור תוכנות אחרות שמשתמשות בו, או לשחזר אותו מעותק.",
    "{name} did not come with this copy of autocoder; install autocoder again.": "{name} חסר בעותק הזה של התוכנה; יש להתקין אותה מחדש.",
}


def in_language(sentence: str, language: Language) -> str:
    """Return a sentence of the core as the page says it; one that is not known is returned as it is.

    A Hebrew one begins with a mark of its direction, since what is first in it may be the name of a file in Latin.
    """
    said = _found(_sentences(), sentence, language) or _of_a_file(sentence, language)
    if said is None:
        return sentence
    return f"{_RIGHT_TO_LEFT}{said}" if language is Language.HEBREW else said


@dataclass(frozen=True)
class _Known:
    """A sentence with gaps, and what the page says in its place."""

    pattern: re.Pattern[str]
    english: str
    hebrew: str


@cache
def _sentences() -> tuple[_Known, ...]:
    return _known({**SENTENCES, **file_words.NOTES})


def _known(said: Said) -> tuple[_Known, ...]:
    """Make the sentences ready, those with the most words of their own first."""
    found = []
    for core, page in said.items():
        english, hebrew = (core, page) if isinstance(page, str) else page
        words = _GAP.split(core)
        pattern = "".join(f"(?P<{each}>.+?)" if n % 2 else re.escape(each) for n, each in enumerate(words))
        found.append((sum(map(len, words[::2])), _Known(re.compile(pattern, re.DOTALL), english, hebrew)))
    return tuple(each for _, each in sorted(found, key=lambda pair: -pair[0]))


def _found(known: tuple[_Known, ...], text: str, language: Language) -> str | None:
    for each in known:
        match = each.pattern.fullmatch(text)
        if match:
            if language is not Language.HEBREW:
                return each.english.format(**match.groupdict())
            return each.hebrew.format(**{name: _apart(value) for name, value in match.groupdict().items()})
    return None


def _apart(value: str) -> str:
    """Keep a name or a number from changing the order of the words around it."""
    return f"\u2068{value}\u2069"


# what is said of a file: "NAME, PLACE: WHAT; REMEDY." of one that is refused, "NAME, PLACE: WHAT" of one that is read


@cache
def _parts() -> tuple[tuple[_Known, ...], ...]:
    return tuple(map(_known, (file_words.PLACES, file_words.WHATS, file_words.REMEDIES)))


def _of_a_file(sentence: str, language: Language) -> str | None:
    _, whats, remedies = _parts()
    for where, said in _splits(sentence, ": "):
        alone = _found(whats, said, language)
        if alone is not None:
            return f"{_place(where, language)}: {alone}"
        for what, remedy in _splits(said.removesuffix("."), "; "):
            found = _found(whats, what, language), _found(remedies, remedy, language)
            if None not in found:
                return f"{_place(where, language)}: {found[0]}; {found[1]}."
    return None


def _place(where: str, language: Language) -> str:
    """Return the name of a file with the place in it."""
    for name, place in _splits(where, ", "):
        found = _found(_parts()[0], place, language)
        if found is not None:
            return f"{name}, {found}"
    return where


def _splits(text: str, mark: str) -> Iterator[tuple[str, str]]:
    at = text.find(mark)
    while at >= 0:
        yield text[:at], text[at + len(mark) :]
        at = text.find(mark, at + 1)
