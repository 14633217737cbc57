"""Whatever the core refuses where the page is used, the page says in the reader's language and without commands."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import autocoder
from autocoder.errors import FileRefused
from autocoder.report.words import Language
from autocoder.review import file_words
from autocoder.review.sentences import SENTENCES, Said, in_language

PACKAGE = Path(autocoder.__file__).parent
HEBREW = re.compile(r"[\u05d0-\u05ea]")
OPTION = re.compile(r"(?<!\w)--[a-z]|\bautocoder (?:status|train|import|export|agree|review|codebook|precode|new)\b")
MET = ("review", "store", "formats", "learn", "compare.py", "classifier.py", "export.py", "read.py", "steps.py")
"""Where what a person at the page may meet is raised."""
NOT_MET = {
    "review/server.py": "said in the window in which the page is started",
    "store/accounts.py": "said by their kind, from the words of the page",
    "store/settings.py": "settings are changed by nobody at the page",
    "formats/codebook_yaml.py": "its faults are made of parts, below",
}
BEFORE_THE_PAGE = re.compile(
    r"^(\S+ is a project already|\S+ holds a project\.db|\S+: the database|\S+: project\.db|\S+ was made by a newer|"
    r"\S+ cannot be made|\S+ cannot be read|\S+ is no autocoder project|\S+ is no kind of database|"
    r"that is no address of a database|a PostgreSQL database needs|there is no codebook|--speakers answers|"
    r"the codebook has no level|\S+ is the name of|there is no code|the code \S+ of version|"
    r"there is no transcript X\S+; autocoder status)"
)
"""What only the command line asks for or meets: a project that opens, a level, a code or a speaker by its name."""


MADE_OF_PARTS = {
    "its encoding cannot be told (byte X1 is not UTF-8X1)": "with a guess, or without",
    "X1, or leave such rows out with --skip-unfound": "after what to do about the row; both are in the table",
}


def errors() -> frozenset[str]:
    """Return the names of all errors that say one sentence, by what they are made of."""
    bases = {
        node.name: {each.id for each in node.bases if isinstance(each, ast.Name)}
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    }
    found, more = set[str](), {"AutocoderError"}
    while more:
        found |= more
        more = {name for name, above in bases.items() if above & found} - found
    return frozenset(found)


Named = dict[str, str]


def text_of(node: ast.expr, named: Named) -> str | None:
    """Return a string with something in its gaps, None where it is not written there; ``named`` are known by name."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.Name):
        return named.get(node.id)
    if isinstance(node, ast.FormattedValue):
        return text_of(node.value, named) or "X1"
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(each, named) or "" for each in node.values)
    return None


def named_in(body: list[ast.stmt], known: Named) -> Named:
    """Return the strings that get a name of their own."""
    found = dict(known)
    for node in (each for statement in body for each in ast.walk(statement)):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            text = text_of(node.value, found)
            if text is not None:
                found[node.targets[0].id] = text
    return found


def raised(kinds: frozenset[str] = errors()) -> Iterator[tuple[str, str, list[str | None]]]:
    """Yield the file, the name and the texts of every error that is made where a person at the page may meet it."""
    for path in sorted(PACKAGE.rglob("*.py")):
        where = path.relative_to(PACKAGE).as_posix()
        if where.split("/")[0] not in MET or where in NOT_MET:
            continue
        module = ast.parse(path.read_text(encoding="utf-8"))
        own = named_in([each for each in module.body if isinstance(each, ast.Assign)], {})
        for function in (each for each in ast.walk(module) if isinstance(each, ast.FunctionDef)):
            named = named_in(function.body, own)
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in kinds:
                    yield where, node.func.id, [text_of(each, named) for each in node.args]


def sentences() -> Iterator[tuple[str, str]]:
    for where, kind, texts in raised():
        text = texts[0] if texts else None
        if kind not in ("FileRefused", "ReadBackDiffers") and text is not None and text.endswith("."):
            yield where, text


def parts_of_files() -> Iterator[tuple[str, int, str]]:
    """Yield what is said of a file (1) and what to do about it (2), where that is written in the function."""
    for where, kind, texts in raised():
        if kind == "FileRefused":
            for place, text in enumerate(texts[1:3], start=1):
                if text is not None and text.replace("X1", "") and text not in MADE_OF_PARTS:
                    yield where, place, text


def met_in_files() -> Iterator[tuple[str, str]]:
    """Yield what is said of a row or a part of a file that is read all the same."""
    for where, _, texts in raised(frozenset({"Problem"})):
        if len(texts) == 3 and texts[2] is not None and texts[2].replace("X1", ""):
            yield where, texts[2]


def in_hebrew(sentence: str) -> str:
    return in_language(sentence, Language.HEBREW)


def test_every_sentence_that_is_raised_is_there_in_hebrew() -> None:
    every = [(where, text) for where, text in sentences() if not BEFORE_THE_PAGE.match(text)]
    assert len(every) > 60
    missing = [(where, text) for where, text in every if not HEBREW.search(in_hebrew(text))]
    assert missing == [], missing


def test_everything_that_is_said_of_a_file_is_there_in_hebrew() -> None:
    whats = [(where, text) for where, place, text in parts_of_files() if place == 1]
    remedies = [(where, text) for where, place, text in parts_of_files() if place == 2]
    assert min(len(whats), len(remedies)) > 40
    missing = [each for each in whats if not HEBREW.search(in_hebrew(str(FileRefused("a.x", each[1], "use b"))))]
    missing += [
        each for each in remedies if not HEBREW.search(in_hebrew(str(FileRefused("a.x", "it is empty", each[1]))))
    ]
    assert missing == [], missing


def test_every_problem_with_a_part_of_a_file_is_there_in_hebrew() -> None:
    every = list(met_in_files())
    assert len(every) > 25
    missing = [each for each in every if not HEBREW.search(in_hebrew(f"a.x, row 3: {each[1]}"))]
    assert missing == [], missing


@pytest.mark.parametrize("table", [SENTENCES, file_words.NOTES, file_words.WHATS, file_words.REMEDIES])
@pytest.mark.parametrize("language", list(Language))
def test_no_sentence_of_the_page_names_an_option_or_a_command(table: Said, language: Language) -> None:
    for core, said in table.items():
        pair = (core, said) if isinstance(said, str) else said
        assert not OPTION.search(pair[language is Language.HEBREW]), core


@pytest.mark.parametrize("table", [SENTENCES, file_words.NOTES, file_words.WHATS, file_words.REMEDIES])
def test_a_sentence_says_nothing_of_what_the_core_did_not_say(table: Said) -> None:
    for core, said in table.items():
        for page in (said,) if isinstance(said, str) else said:
            assert set(re.findall(r"{(\w+)}", page)) <= set(re.findall(r"{(\w+)}", core)), core


def test_names_stand_apart_and_go_over_as_they_are() -> None:
    said = in_hebrew("the code {pay} is not in the codebook any more; choose another code.")
    assert said.startswith("\u200fהקוד \u2068{pay}\u2069 כבר אינו")


def test_a_file_is_spoken_of_with_its_place_what_it_is_and_what_to_do() -> None:
    fault = FileRefused("ראיון: 3.xlsx", "the key a; b: c stands twice in one record", "keep one of them", "row 7")
    assert in_hebrew(str(fault)) == (
        "\u200fראיון: 3.xlsx, שורה \u20687\u2069: המפתח \u2068a; b: c\u2069 מופיע פעמיים ברשומה אחת; יש להשאיר אחד מהם."
    )
    assert in_language(str(fault), Language.ENGLISH) == str(fault)


def test_what_is_not_known_is_said_as_it_came() -> None:
    for sentence in ("", "3/10", "something new; do this.", "a.docx: something new; do this."):
        assert in_hebrew(sentence) == sentence


def test_a_sentence_that_names_an_option_is_the_page_s_own_in_english_too() -> None:
    core = "5 comments are kept as memos; if they are codes, import the file again with --word-codes"
    assert "--word-codes" not in in_language(core, Language.ENGLISH)
    assert in_language(core, Language.ENGLISH).startswith("5 comments are kept as memos")
