from __future__ import annotations

import io
import random
import time
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import quoteattr

import docx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from autocoder.errors import FileRefused
from autocoder.formats import qdpx
from autocoder.formats.refi import code_guid, stable_guid
from autocoder.formats.whole import ExportRefused, ReadBackDiffers
from autocoder.project import (
    Code,
    Codebook,
    Coder,
    CoderKind,
    Coding,
    Memo,
    Origin,
    Project,
    Reading,
    Span,
    Transcript,
)

PAY = "2CE89C66-C28D-473B-B5C4-6CF87D20EF04"
ALONE = "FFD939DA-B5DC-4611-A9F8-366495EB0AE2"
DANA = "088B08AC-D5CD-4ADB-8B71-B4F3459C177F"
YOSSI = "C32A2BD5-537F-4838-8B17-DF9EFBAFDF4B"
TEXT = (
    "מראיינת: איך זה התחיל אצלך בצה״ל 🙂?\n"
    "\n"
    'רחל: שָׁלוֹם. אהמ... התחלתי לבד 🙂🙂 בלי אף אחד, "לגמרי".\n'
    "מראיינת: והשכר?\n"
    "רחל: מינימום, \u200fburnout\u200e לגמרי – 29.5 שקל לשעה.\n"
    "רחל: ההנהלה תמכה בי מאוד 👍🏽 כל הזמן\n"
)
QUOTES = (
    "התחיל אצלך בצה״ל",
    "שָׁלוֹם",
    "התחלתי לבד 🙂🙂 בלי",
    "מינימום, \u200fburnout",
    "29.5 שקל",
    "ההנהלה תמכה בי מאוד 👍🏽 כל",
)


class Way(NamedTuple):
    """How a program writes a text and counts its characters."""

    origin: str
    bom: bool
    crlf: bool
    crlf_counts: int
    utf16: bool
    bom_counts: bool = False

    def raw(self, text: str) -> bytes:
        text = text.replace("\n", "\r\n") if self.crlf else text
        return (b"\xef\xbb\xbf" if self.bom else b"") + text.encode()

    def count(self, text: str) -> int:
        """The program's position after ``text``: counted the slow way, on the encoded text itself."""
        if self.crlf and self.crlf_counts == 2:
            text = text.replace("\n", "\r\n")
        units = len(text.encode("utf-16-le")) // 2 if self.utf16 else len(text)
        return units + int(self.bom_counts)


WAYS = (
    Way("NVivo 12.6 for Windows", bom=True, crlf=True, crlf_counts=2, utf16=True),
    Way("NVivo for Mac 15.0.0", bom=False, crlf=False, crlf_counts=1, utf16=True),
    Way("MAXQDA Analytics Pro 2024 (Release 24.7)", bom=False, crlf=False, crlf_counts=1, utf16=False),
    Way("MAXQDA Analytics Pro 2024 (Release 24.7)", bom=False, crlf=False, crlf_counts=1, utf16=True),
    Way("ATLAS.ti for Windows 23.2.3.27778", bom=False, crlf=True, crlf_counts=1, utf16=False),
    Way("QualCoder-4.0b", bom=True, crlf=False, crlf_counts=1, utf16=False),
    Way("QualCoder-4.0b", bom=True, crlf=True, crlf_counts=1, utf16=False),
    Way("qc 1.3.2", bom=False, crlf=False, crlf_counts=1, utf16=False),
    Way("something new", bom=True, crlf=True, crlf_counts=2, utf16=True, bom_counts=True),
)


def selection(start: int, end: int, code: str = PAY, user: str = DANA, name: str = "", inside: str = "") -> str:
    coding = f'<Coding guid="{PAY}" creatingUser="{user}"><CodeRef targetGUID="{code}"/></Coding>' if code else ""
    place = f'startPosition="{start}" endPosition="{end}"'
    return f'<PlainTextSelection guid="{PAY}" name={quoteattr(name)} {place}>{inside}{coding}</PlainTextSelection>'


def source(selections: str, attributes: str = 'plainTextPath="internal://a.txt"', before: str = "") -> str:
    return f'<TextSource guid="{YOSSI}" name="ריאיון 1" {attributes}>{before}{selections}</TextSource>'


def packed(
    folder: Path,
    sources: str,
    files: Mapping[str, bytes],
    origin: str = "something",
    member: str = "project.qde",
    namespace: str = qdpx.NAMESPACE,
    users: str = f'<User guid="{DANA}" name="דנה"/><User guid="{YOSSI}" name="יוסי"/>',
    rest: str = "",
) -> Path:
    codes = (
        f'<Code guid="{PAY}" name="תנאים ושכר" isCodable="true"/><Code guid="{ALONE}" name="alone" isCodable="true"/>'
    )
    body = f"<Users>{users}</Users><CodeBook><Codes>{codes}</Codes></CodeBook>{rest}<Sources>{sources}</Sources>"
    path = folder / "מחקר.qdpx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, f'<Project xmlns="{namespace}" name="מחקר" origin="{origin}">{body}</Project>')
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def quotes(reading: Reading) -> list[str]:
    texts = {transcript.name: transcript for transcript in reading.transcripts}
    return [texts[coding.transcript].quote(coding.span) for coding in reading.codings]


def spans(way: Way, text: str, wanted: tuple[str, ...]) -> str:
    found = []
    for quote in wanted:
        start = text.index(quote)
        found.append(selection(way.count(text[:start]), way.count(text[: start + len(quote)])))
    return "".join(found)


# --- reading what other programs write


@pytest.mark.parametrize("way", WAYS, ids=lambda way: f"{way.origin}-{way.utf16}-{way.crlf}")
def test_the_quoted_text_is_the_same_however_a_program_counts(tmp_path: Path, way: Way) -> None:
    reading = qdpx.read(
        packed(tmp_path, source(spans(way, TEXT, QUOTES)), {"sources/a.txt": way.raw(TEXT)}, way.origin)
    )
    assert quotes(reading) == list(QUOTES)
    assert reading.transcripts[0].text == TEXT
    assert reading.problems == ()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=st.lists(
        st.lists(st.sampled_from(["שלום", "בצה״ל", "🙂ש", "burnout", "לָ֫מָּה", "כן,", "א"]), min_size=3), min_size=4
    ),
    way=st.sampled_from([way for way in WAYS if not way.bom_counts]),
)
def test_any_selection_of_whole_words_keeps_its_text(tmp_path: Path, lines: list[list[str]], way: Way) -> None:
    text = "\n".join(" ".join(words) for words in lines)
    marks = []
    for words in lines:
        start = text.index(" ".join(words))
        marks.append((start, start + len(" ".join(words[:2]).rstrip(","))))
    body = "".join(selection(way.count(text[:low]), way.count(text[:high]), name=text[low:high]) for low, high in marks)
    reading = qdpx.read(packed(tmp_path, source(body), {"sources/a.txt": way.raw(text)}, way.origin))
    assert set(quotes(reading)) == {text[low:high] for low, high in marks}


def test_an_included_end_is_recognised_when_nothing_else_fits(tmp_path: Path) -> None:
    words = TEXT.replace("🙂", "").replace("👍🏽", "").split()
    text = " ".join(words)
    ends = [len(" ".join(words[: count + 2])) for count in range(0, 20, 2)]
    starts = [len(" ".join(words[:count])) + bool(count) for count in range(0, 20, 2)]
    body = "".join(selection(low, high - 1) for low, high in zip(starts, ends, strict=True))
    reading = qdpx.read(packed(tmp_path, source(body), {"sources/a.txt": text.encode()}))
    assert [quote.strip() for quote in quotes(reading)] == [
        text[low:high] for low, high in zip(starts, ends, strict=True)
    ]
    assert any("end included" in note for note in reading.notes)


def test_one_selection_inside_a_word_does_not_make_its_end_included(tmp_path: Path) -> None:
    reading = qdpx.read(packed(tmp_path, source(selection(0, 6)), {"sources/a.txt": TEXT.encode()}))
    assert quotes(reading) == ["מראיינ"]
    assert "0 of 1 selections" in reading.problems[0].what


def test_a_selection_cut_by_a_hasty_hand_does_not_change_the_convention(tmp_path: Path) -> None:
    way = WAYS[2]
    body = spans(way, TEXT, (*QUOTES[:1], "התחלתי לב", *QUOTES[1:]))
    reading = qdpx.read(packed(tmp_path, source(body), {"sources/a.txt": way.raw(TEXT)}, way.origin))
    assert "התחלתי לב" in quotes(reading)


def test_the_name_of_a_selection_is_evidence_for_its_place(tmp_path: Path) -> None:
    text = "🙂🙂 " + "א ב ג ד ה ו ז ח ט י כ ל " * 3
    name = text[13:20]
    body = selection(len(text[:13].encode("utf-16-le")) // 2, len(text[:20].encode("utf-16-le")) // 2, name=name)
    assert quotes(qdpx.read(packed(tmp_path, source(body), {"sources/a.txt": text.encode()}))) == [name]


def test_shifted_positions_are_reported_with_samples_and_without_text(tmp_path: Path) -> None:
    body = "".join(selection(TEXT.index(quote) + 1, TEXT.index(quote) + len(quote) - 1) for quote in QUOTES)
    reading = qdpx.read(packed(tmp_path, source(body), {"sources/a.txt": TEXT.encode()}))
    (problem,) = reading.problems
    assert "positions may have shifted" in problem.what
    assert f"{TEXT.index(QUOTES[0]) + 1} to" in problem.what
    assert not any(quote[:5] in str(problem) for quote in QUOTES)


def test_every_real_project_is_read(shared: Path) -> None:
    counts = {
        "cproctor_nvivo_project.qdpx": (262, 2, 0, 0),
        "cproctor_qc_demo.qdpx": (262, 2, 205, 0),
        "ponte_blank-atlas-project.qdpx": (0, 0, 0, 0),
        "ponte_target-atlas-project.qdpx": (3, 0, 0, 0),
    }
    for name, wanted in counts.items():
        reading = qdpx.read(shared / "samples" / "qda" / name)
        codes = len(reading.codebook) if reading.codebook else 0
        assert (codes, len(reading.transcripts), len(reading.codings), len(reading.problems)) == wanted, name


def test_the_codings_of_qc_are_whole_lines_of_its_text(shared: Path) -> None:
    reading = qdpx.read(shared / "samples" / "qda" / "cproctor_qc_demo.qdpx")
    lines = set(reading.transcripts[0].text.splitlines(keepends=True))
    assert all(quote in lines for quote in quotes(reading))
    assert [coder.name for coder in reading.coders] == ["cp"]
    board = reading.transcripts[0].text.splitlines(keepends=True)
    first = min(reading.codings, key=lambda coding: coding.span)
    assert board[6] == reading.transcripts[0].quote(first.span)  # the file names this selection line:6


@pytest.mark.parametrize(
    ("attributes", "member"),
    [
        ('plainTextPath="internal://a.txt"', "sources/a.txt"),
        ('plainTextPath="internal://A.TXT"', "Sources/a.txt"),
        ('plainTextPath="a.txt"', "sources/a.txt"),
        ('plainTextPath="a.txt"', "a.txt"),
        ('plainTextPath="relative:///a.txt"', "sources/a.txt"),
        ('plainTextPath="absolute:///C:/Users/x/a.txt"', "sources/a.txt"),
        ('plainTextPath="internal://%D7%90.txt"', "sources/א.txt"),
        ('richTextPath="internal://a.docx" plainTextPath="internal://a.txt"', "sources/a.txt"),
    ],
)
def test_a_source_is_found_by_every_way_of_naming_it(tmp_path: Path, attributes: str, member: str) -> None:
    body = source(selection(0, 7), attributes)
    reading = qdpx.read(packed(tmp_path, body, {member: TEXT.encode()}))
    assert quotes(reading) == ["מראיינת"]


def test_a_text_inside_the_xml_is_read_whatever_its_line_ends_counted(tmp_path: Path) -> None:
    inline = f"<PlainTextContent>{TEXT}</PlainTextContent>"
    for way in (WAYS[2], WAYS[0]._replace(bom=False)):
        reading = qdpx.read(packed(tmp_path, source(spans(way, TEXT, QUOTES), "", inline), {}, way.origin))
        assert quotes(reading) == list(QUOTES)


def test_a_source_that_is_only_a_word_file_is_read_from_its_paragraphs(tmp_path: Path) -> None:
    document, data = docx.Document(), io.BytesIO()
    for line in ("ראיון ראשון", "רחל: השכר נמוך"):
        document.add_paragraph(line)
    document.add_table(1, 1).cell(0, 0).text = "בטבלה"
    document.save(data)
    body = source(selection(17, 27), 'richTextPath="internal://a.docx"')
    reading = qdpx.read(packed(tmp_path, body, {"sources/a.docx": data.getvalue()}))
    assert reading.transcripts[0].text == "ראיון ראשון\nרחל: השכר נמוך\nבטבלה"
    assert quotes(reading) == ["השכר נמוך\n"] or quotes(reading) == ["השכר נמוך"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-8"])
def test_a_text_is_read_in_utf_8_and_by_its_mark_in_utf_16(tmp_path: Path, encoding: str) -> None:
    reading = qdpx.read(packed(tmp_path, source(selection(0, 7)), {"sources/a.txt": TEXT.encode(encoding)}))
    assert (reading.transcripts[0].text, quotes(reading)) == (TEXT, ["מראיינת"])


@pytest.mark.parametrize(
    ("files", "says"),
    [({}, "not in the file"), ({"sources/a.txt": "שלום".encode("windows-1255")}, "damaged or not UTF-8")],
)
def test_a_source_without_a_text_is_a_problem_that_counts_its_codings(
    tmp_path: Path, files: dict[str, bytes], says: str
) -> None:
    reading = qdpx.read(packed(tmp_path, source(selection(0, 7) + selection(8, 9)), files))
    (problem,) = reading.problems
    assert says in problem.what
    assert "2 codings" in problem.what
    assert reading.transcripts == ()


def test_pdfs_pictures_and_recordings_are_named_with_their_codings(tmp_path: Path) -> None:
    coding = f'<Coding guid="{PAY}"><CodeRef targetGUID="{PAY}"/></Coding>'
    part = f'<PDFSelection guid="{PAY}">{coding}{coding}</PDFSelection>'
    sources = f'<PDFSource guid="{PAY}" name="דוח">{part}</PDFSource><AudioSource guid="{ALONE}" name="הקלטה"/>'
    reading = qdpx.read(packed(tmp_path, sources, {}))
    assert [(problem.place, problem.what.split(";")[1].split()[0]) for problem in reading.problems] == [
        ("דוח", "2"),
        ("הקלטה", "0"),
    ]


def test_one_selection_per_coding_and_repeated_codings_are_joined(tmp_path: Path) -> None:
    body = selection(0, 7) + selection(0, 7) + selection(0, 7, ALONE) + selection(0, 7, user=YOSSI)
    reading = qdpx.read(packed(tmp_path, source(body), {"sources/a.txt": TEXT.encode()}))
    assert [(coding.code, coding.coder) for coding in reading.codings] == [(PAY, "דנה"), (ALONE, "דנה"), (PAY, "יוסי")]


def test_a_coding_of_the_whole_document_covers_its_text(tmp_path: Path) -> None:
    coding = f'<Coding guid="{PAY}" creatingUser="{DANA}"><CodeRef targetGUID="{PAY}"/></Coding>'
    reading = qdpx.read(packed(tmp_path, source(coding), {"sources/a.txt": TEXT.encode()}))
    assert quotes(reading) == [TEXT]
    assert any("whole document" in note for note in reading.notes)


@pytest.mark.parametrize(
    ("mark", "says"),
    [
        (selection(5, 5), "5 to 5 is empty"),
        (selection(9, 5), "9 to 5 is empty"),
        (selection(-3, 5), "outside the text"),
        (selection(10_000, 10_005), "outside the text"),
        (selection(0, 7).replace('"7"', '"x"'), "no number"),
        (selection(0, 7, code=DANA), "is missing"),
        (selection(0, 7, code=""), "no code"),
    ],
)
def test_what_cannot_be_read_of_a_selection_is_said(tmp_path: Path, mark: str, says: str) -> None:
    good = "".join(selection(TEXT.index(quote), TEXT.index(quote) + len(quote)) for quote in QUOTES)
    reading = qdpx.read(packed(tmp_path, source(mark + good), {"sources/a.txt": TEXT.encode()}))
    assert any(says in problem.what for problem in reading.problems)
    assert quotes(reading) == list(QUOTES)


def test_a_selection_one_past_the_end_is_cut_there(tmp_path: Path) -> None:
    text = "רחל: השכר נמוך"
    reading = qdpx.read(packed(tmp_path, source(selection(5, 15)), {"sources/a.txt": text.encode()}))
    assert quotes(reading) == ["השכר נמוך"]


def test_a_coding_without_a_user_falls_back_step_by_step(tmp_path: Path) -> None:
    bare = selection(0, 7).replace(f' creatingUser="{DANA}"', "")
    of_selection = bare.replace("<PlainTextSelection", f'<PlainTextSelection creatingUser="{YOSSI}"')
    one = f'<User guid="{DANA}" name="דנה"/>'
    files = {"sources/a.txt": TEXT.encode()}
    coders = [
        qdpx.read(packed(tmp_path, source(of_selection), files)).codings[0].coder,
        qdpx.read(packed(tmp_path, source(bare), files, users=one)).codings[0].coder,
        qdpx.read(packed(tmp_path, source(bare), files)).codings[0].coder,
    ]
    assert coders == ["יוסי", "דנה", "unknown"]


def test_two_users_of_one_name_stay_two_coders(tmp_path: Path) -> None:
    users = f'<User guid="{DANA}" name="cp"/><User guid="{YOSSI}" name="cp"/>'
    body = selection(0, 7) + selection(0, 7, user=YOSSI)
    reading = qdpx.read(packed(tmp_path, source(body), {"sources/a.txt": TEXT.encode()}, users=users))
    assert [coder.name for coder in reading.coders] == ["cp", "cp (2)"]


def test_two_sources_of_one_name_stay_two_transcripts(tmp_path: Path) -> None:
    reading = qdpx.read(packed(tmp_path, source("") + source(selection(0, 7)), {"sources/a.txt": TEXT.encode()}))
    assert [transcript.name for transcript in reading.transcripts] == ["ריאיון 1", "ריאיון 1 (2)"]
    assert reading.codings[0].transcript == "ריאיון 1 (2)"


def test_memos_come_from_descriptions_and_from_notes(tmp_path: Path) -> None:
    inside = f"<Description>שכר נמוך</Description><NoteRef targetGUID='{ALONE}'/>"
    rest = f'<Notes><Note guid="{ALONE}"><PlainTextContent>לחזור לזה</PlainTextContent></Note></Notes>'
    path = packed(tmp_path, source(selection(0, 7, inside=inside)), {"sources/a.txt": TEXT.encode()}, rest=rest)
    assert qdpx.read(path).codings[0].memo == "שכר נמוך\nלחזור לזה"


def test_variables_are_read_from_sources_and_from_cases(tmp_path: Path) -> None:
    value = "<VariableValue><VariableRef targetGUID='{}'/><TextValue>{}</TextValue></VariableValue>"
    rest = (
        f'<Variables><Variable guid="{PAY}" name="אתר" typeOfVariable="Text"/>'
        f'<Variable guid="{ALONE}" name="גל" typeOfVariable="Integer"/></Variables>'
        f'<Cases><Case guid="{DANA}">{value.format(ALONE, 2)}<SourceRef targetGUID="{YOSSI}"/></Case></Cases>'
    )
    path = packed(tmp_path, source(value.format(PAY, "צפון")), {"sources/a.txt": TEXT.encode()}, rest=rest)
    assert qdpx.read(path).transcripts[0].variables == {"אתר": "צפון", "גל": "2"}


def test_the_project_is_found_under_other_names_and_namespaces(tmp_path: Path) -> None:
    files = {"Sources/a.txt": TEXT.encode()}
    for member in ("PROJECT.QDE", "Trial.qde"):
        path = packed(tmp_path, source(selection(0, 7)), files, member=member, namespace="urn:QDA-XML:project:2.0")
        reading = qdpx.read(path)
        assert quotes(reading) == ["מראיינת"]
        assert any("project:2.0" in note for note in reading.notes)


VALUE = "<VariableValue><VariableRef targetGUID='{}'/><TextValue>{}</TextValue></VariableValue>"
VARIABLES = f'<Variables><Variable guid="{PAY}" name="גיל" typeOfVariable="Integer"/></Variables>'
FILES = {"sources/a.txt": TEXT.encode()}
CASE = "AAAAAAAA-0000-4000-8000-000000000001"
SELECTION = "AAAAAAAA-0000-4000-8000-000000000002"
NOTE = "AAAAAAAA-0000-4000-8000-000000000003"


def named(quote: str, guid: str = SELECTION, **more: str) -> str:
    """A selection of a quote under a GUID of its own."""
    start = TEXT.index(quote)
    return selection(start, start + len(quote), **more).replace(f'guid="{PAY}" name', f'guid="{guid}" name', 1)


def with_case_code(path: Path, name: str = "רחל") -> Path:
    """Give the codebook a code of the case's GUID, as NVivo does."""
    with zipfile.ZipFile(path) as archive:
        members = {each: archive.read(each) for each in archive.namelist()}
    code = f'<Code guid="{CASE}" name="{name}" isCodable="true"/></Codes>'
    members["project.qde"] = members["project.qde"].decode().replace("</Codes>", code).encode()
    return zipped(path.parent, members)


def test_a_case_of_nvivo_that_is_coded_in_a_part_is_a_speaker_and_no_code_to_suggest(tmp_path: Path) -> None:
    rest = f'{VARIABLES}<Cases><Case guid="{CASE}" name="רחל">{VALUE.format(PAY, 34)}</Case></Cases>'
    path = with_case_code(packed(tmp_path, source(named(QUOTES[1], code=CASE)), FILES, rest=rest))
    reading = qdpx.read(path)
    assert reading.transcripts[0].speakers == {"רחל": {"גיל": "34"}}
    assert reading.transcripts[0].variables == {}
    assert quotes(reading) == [QUOTES[1]]
    assert not reading.codebook[CASE].codable
    assert any("1 codes are cases" in note for note in reading.notes)


def test_a_case_that_covers_a_text_describes_the_transcript(tmp_path: Path) -> None:
    rest = f'{VARIABLES}<Cases><Case guid="{CASE}" name="רחל">{VALUE.format(PAY, 34)}</Case></Cases>'
    coding = f'<Coding guid="{PAY}" creatingUser="{DANA}"><CodeRef targetGUID="{CASE}"/></Coding>'
    for body in (coding, selection(0, len(TEXT), code=CASE)):
        reading = qdpx.read(with_case_code(packed(tmp_path, source(body), FILES, rest=rest)))
        assert reading.transcripts[0].variables == {"case": "רחל", "גיל": "34"}
        assert reading.transcripts[0].speakers == {}


def test_a_case_that_names_a_selection_describes_its_speaker(tmp_path: Path) -> None:
    case = f'<Case guid="{CASE}" name="רחל">{VALUE.format(PAY, 34)}<SelectionRef targetGUID="{SELECTION}"/></Case>'
    reading = qdpx.read(packed(tmp_path, source(named(QUOTES[1])), FILES, rest=f"{VARIABLES}<Cases>{case}</Cases>"))
    assert reading.transcripts[0].speakers == {"רחל": {"גיל": "34"}}


def test_sets_of_sources_are_document_groups_and_other_sets_are_counted(tmp_path: Path) -> None:
    sets = (
        f'<Sets><Set guid="{CASE}" name="צפון"><MemberSource targetGUID="{YOSSI}"/></Set>'
        f'<Set guid="{NOTE}" name="גל ב"><MemberSource guid="{{{YOSSI.lower()}}}"/></Set>'
        f'<Set guid="{DANA}" name="קודים"><MemberCode targetGUID="{PAY}"/></Set></Sets>'
    )
    reading = qdpx.read(packed(tmp_path, source(""), FILES, rest=sets))
    assert reading.transcripts[0].groups == ("צפון", "גל ב")
    assert [problem.what for problem in reading.problems] == ["not read: 1 sets of codes or notes"]


def test_a_comment_without_a_code_is_kept_as_a_memo_where_it_stands(tmp_path: Path) -> None:
    words = "<Description>לחזור אליה</Description>"
    mark = named(QUOTES[1], code="", inside=words).replace(
        "<PlainTextSelection", f'<PlainTextSelection creatingUser="{DANA}"'
    )
    reading = qdpx.read(packed(tmp_path, source(mark, before="<Description>שיחה קצרה</Description>"), FILES))
    span = Span(TEXT.index(QUOTES[1]), TEXT.index(QUOTES[1]) + len(QUOTES[1]))
    assert set(reading.memos) == {
        Memo("לחזור אליה", "", "דנה", "", "ריאיון 1", span),
        Memo("שיחה קצרה", "", "", "", "ריאיון 1"),
    }
    assert (reading.codings, reading.problems) == ((), ())


def test_a_note_that_a_link_ties_to_a_selection_is_its_memo(tmp_path: Path) -> None:
    rest = (
        f'<Notes><Note guid="{NOTE}" name="1" plainTextPath="internal://n.txt" creatingUser="{YOSSI}"/></Notes>'
        f'<Links><Link guid="{CASE}" originGUID="{SELECTION}" targetGUID="{NOTE}"/></Links>'
    )
    files = FILES | {"Sources/n.txt": "\ufeffהערה\r\nבשתי שורות".encode()}
    bare = qdpx.read(packed(tmp_path, source(named(QUOTES[1], code="")), files, rest=rest))
    assert [(memo.text, memo.author, memo.span is not None) for memo in bare.memos] == [
        ("הערה\nבשתי שורות", "יוסי", True)
    ]
    coded = qdpx.read(packed(tmp_path, source(named(QUOTES[1])), files, rest=rest))
    assert [coding.memo for coding in coded.codings] == ["הערה\nבשתי שורות"]
    assert (coded.memos, coded.problems, bare.problems) == ((), (), ())


def test_notes_of_codes_and_of_the_study_are_kept(tmp_path: Path) -> None:
    notes = "".join(
        f'<Note guid="{guid}" name="{name}"><PlainTextContent>{name} ארוך</PlainTextContent></Note>'
        for guid, name in ((NOTE, "קוד"), (CASE, "יומן"))
    )
    path = packed(tmp_path, source(""), FILES, rest=f"<Notes>{notes}</Notes>")
    with zipfile.ZipFile(path) as archive:
        members = {each: archive.read(each) for each in archive.namelist()}
    pay = 'name="תנאים ושכר" isCodable="true"'
    root = members["project.qde"].decode().replace(f"{pay}/>", f'{pay}><NoteRef targetGUID="{NOTE}"/></Code>')
    reading = qdpx.read(zipped(tmp_path, members | {"project.qde": root.encode()}))
    assert reading.memos == (Memo("קוד ארוך", "קוד", code=PAY), Memo("יומן ארוך", "יומן"))


def test_one_source_without_evidence_counts_as_the_rest_of_its_project(tmp_path: Path) -> None:
    way = Way("MAXQDA Analytics Pro 2024 (Release 24.7)", bom=False, crlf=False, crlf_counts=1, utf16=True)
    other = "🙂 שלום לכם וברוכים הבאים"
    low = len(other[: other.index("לום")].encode("utf-16-le")) // 2  # a hasty hand, inside a word
    second = f'<TextSource guid="{CASE}" name="ב" plainTextPath="b.txt">{selection(low, low + 6)}</TextSource>'
    files = {"sources/a.txt": way.raw(TEXT), "sources/b.txt": way.raw(other)}
    both = qdpx.read(packed(tmp_path, source(spans(way, TEXT, QUOTES)) + second, files, way.origin))
    assert quotes(both) == [*QUOTES, other[other.index("לום") :][:6]]


def test_doubtful_positions_give_way_to_the_quotes_that_name_the_selections(tmp_path: Path) -> None:
    document, data = docx.Document(), io.BytesIO()
    for line in ("כותרת שאיננה בתוכנה", *TEXT.split("\n")):
        document.add_paragraph(line)
    document.save(data)
    long = [quote for quote in QUOTES if len(quote) >= 12]
    marks = "".join(named(quote, name=quote) for quote in long)
    body = source(marks, 'richTextPath="internal://a.docx"')
    reading = qdpx.read(packed(tmp_path, body, {"sources/a.docx": data.getvalue()}))
    assert quotes(reading) == long
    assert any("quotes that name them" in note for note in reading.notes)


def test_a_source_that_names_no_file_is_found_by_its_guid(tmp_path: Path) -> None:
    files = {f"sources/{YOSSI.lower()}.TXT": TEXT.encode()}
    assert quotes(qdpx.read(packed(tmp_path, source(selection(0, 7), ""), files))) == ["מראיינת"]


def test_a_later_export_is_known_by_program_and_project_whatever_the_version(tmp_path: Path) -> None:
    names = {
        qdpx.read(packed(tmp_path, source(""), FILES, origin)).source
        for origin in ("NVivo 12.6 for Windows", "NVivo 14", "nvivo")
    }
    assert names == {"nvivo מחקר"}


# --- bad input


def zipped(folder: Path, files: Mapping[str, bytes]) -> Path:
    path = folder / "מחקר.qdpx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"sources/a.txt": b"a"}, "no project.qde"),
        ({"a.qde": b"<Project/>", "b.qde": b"<Project/>"}, "several"),
        ({"project.qde": b"<CodeBook/>"}, "not Project"),
        ({"project.qde": b"<Project>"}, "not well formed"),
        ({"project.qde": b'<!DOCTYPE p [<!ENTITY a "b">]><Project>&a;</Project>'}, "DOCTYPE"),
        ({"project.qde": b"<Project/>", "../evil.txt": b"a"}, "unsafe name"),
        ({"project.qde": b"<Project/>", "sources/a.txt": b"0" * 10_000_000}, "zip bomb"),
    ],
)
def test_a_bad_project_is_refused_in_one_sentence_that_names_it(
    tmp_path: Path, files: dict[str, bytes], says: str
) -> None:
    with pytest.raises(FileRefused, match=says) as refused:
        qdpx.read(zipped(tmp_path, files))
    assert "מחקר.qdpx" in str(refused.value)
    assert str(refused.value).count("\n") == 0


def test_codes_of_one_guid_are_refused(tmp_path: Path) -> None:
    code = f'<Code guid="{PAY}" name="א" isCodable="true"/>'
    book = f"<Project><CodeBook><Codes>{code}{code}</Codes></CodeBook></Project>"
    with pytest.raises(FileRefused, match="stands twice"):
        qdpx.read(zipped(tmp_path, {"project.qde": book.encode()}))


# --- writing


@pytest.fixture
def suggested(project: Project) -> Project:
    """The small study with suggestions of a model beside the people's codings, on the same and on other spans."""
    last = project.codings[-1].span
    first = project.transcripts[0].turns[1].span
    model = [
        Coding("ריאיון 1", last, "pay", "he-small", Origin.AUTO, 0.834),
        Coding("ריאיון 1", last, "barrier", "he-small", Origin.AUTO, 0.5, memo="לבדוק"),
        Coding("ריאיון 1", first, "alone", "he-small", Origin.AUTO, 1.0, created="2026-03-01T09:00:00+02:00"),
    ]
    coders = (*project.coders, Coder("he-small", CoderKind.MODEL))
    return replace(project, coders=coders, codings=(*project.codings, *model))


def test_what_is_written_is_read_back_quote_by_quote(tmp_path: Path, suggested: Project) -> None:
    qdpx.write(suggested, tmp_path / "out.qdpx")
    assert qdpx.verify(tmp_path / "out.qdpx", suggested).codings == len(suggested.codings) == 7
    reading = qdpx.read(tmp_path / "out.qdpx")
    assert reading.problems == ()
    assert reading.transcripts[0].variables == {"אתר": "א"}
    assert set(reading.coders) == set(suggested.coders)
    assert {code.id for code in reading.codebook} == {code_guid(code.id) for code in suggested.codebook}


def test_scores_memos_and_origins_come_back(tmp_path: Path, suggested: Project) -> None:
    adjudicated = replace(suggested.codings[3], origin=Origin.ADJUDICATED, memo="הוכרע")
    changed = replace(suggested, codings=(*suggested.codings[:3], adjudicated, *suggested.codings[4:]))
    qdpx.write(changed, tmp_path / "out.qdpx")
    found = {(each.code, each.coder, each.span): each for each in qdpx.read(tmp_path / "out.qdpx").codings}
    for coding in changed.codings:
        came = found[code_guid(coding.code), coding.coder, coding.span]
        score = None if coding.score is None else round(coding.score, 2)
        assert (came.score, came.memo, came.origin) == (score, coding.memo, coding.origin)


def test_the_description_says_suggestion_score_and_model(tmp_path: Path, suggested: Project) -> None:
    qdpx.write(suggested, tmp_path / "out.qdpx")
    with zipfile.ZipFile(tmp_path / "out.qdpx") as archive:
        text = archive.read("project.qde").decode()
    assert "autocoder suggestion; not reviewed; score 1.00; model he-small<" in text
    assert "autocoder suggestion; not reviewed; score 0.83; model he-small; code סטינג פנימי &gt; תנאים ושכר" in text


def test_what_is_written_is_valid_against_the_schema(tmp_path: Path, shared: Path, suggested: Project) -> None:
    schema = etree.XMLSchema(etree.parse(shared / "reference" / "refi-qda" / "Project.xsd"))
    empty = Project("ריק", Codebook("ריק", ()))
    for name, project in (("full.qdpx", suggested), ("empty.qdpx", empty)):
        qdpx.write(project, tmp_path / name)
        with zipfile.ZipFile(tmp_path / name) as archive:
            schema.assertValid(etree.fromstring(archive.read("project.qde")))


def test_the_file_is_laid_out_as_other_programs_want_it(tmp_path: Path, suggested: Project) -> None:
    qdpx.write(suggested, tmp_path / "out.qdpx")
    with zipfile.ZipFile(tmp_path / "out.qdpx") as archive:
        project, text = (archive.read(name) for name in archive.namelist())
        assert [name.split("/")[0] for name in archive.namelist()] == ["project.qde", "sources"]
    assert project.startswith(b'<?xml version="1.0" encoding="utf-8"?>')
    assert b"richTextPath" not in project
    assert b"basePath" not in project
    assert project.count(b'xmlns="urn:QDA-XML:project:1.0"') == 1
    assert not text.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in text
    assert len(text.decode()) == len(text.decode().encode("utf-16-le")) // 2 == len(suggested.transcripts[0].text)


def test_an_emoji_shifts_nothing_and_is_said(tmp_path: Path, suggested: Project) -> None:
    qdpx.write(suggested, tmp_path / "out.qdpx")
    reading = qdpx.read(tmp_path / "out.qdpx")
    assert reading.transcripts[0].text == suggested.transcripts[0].text.replace("🙂", "\ufffd")
    with zipfile.ZipFile(tmp_path / "out.qdpx") as archive:
        assert "1 characters (emoji" in archive.read("project.qde").decode()


def test_a_second_export_is_the_same_file(tmp_path: Path, suggested: Project) -> None:
    qdpx.write(suggested, tmp_path / "1.qdpx")
    qdpx.write(replace(suggested, codings=suggested.codings[::-1]), tmp_path / "2.qdpx")
    assert (tmp_path / "1.qdpx").read_bytes() == (tmp_path / "2.qdpx").read_bytes()


def test_codes_go_out_under_the_guids_they_came_with(tmp_path: Path, project: Project) -> None:
    guids = {"pay": PAY}
    qdpx.write(project, tmp_path / "out.qdpx", guids)
    assert PAY in qdpx.read(tmp_path / "out.qdpx").codebook
    assert qdpx.verify(tmp_path / "out.qdpx", project, guids).codings == 4
    with pytest.raises(ExportRefused, match="share the GUID"):
        qdpx.write(project, tmp_path / "out.qdpx", {"pay": PAY, "alone": PAY})


def test_a_failure_leaves_the_old_file(tmp_path: Path, project: Project) -> None:
    path = tmp_path / "out.qdpx"
    qdpx.write(project, path)
    before = path.read_bytes()
    stray = Coding("ריאיון 1", Span(0, 3), "no such code", "דנה")
    with pytest.raises(ExportRefused):
        qdpx.write(replace(project, codings=(stray,)), path)
    with pytest.raises(ExportRefused, match="cannot be written"):
        qdpx.write(project, tmp_path / "no such folder" / "out.qdpx")
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["out.qdpx"]


def test_reading_back_notices_a_moved_a_missing_and_a_changed_quote(tmp_path: Path, project: Project) -> None:
    qdpx.write(project, tmp_path / "out.qdpx")
    first, *others = project.codings
    changes = (
        (replace(first, span=Span(first.span.start + 1, first.span.end)), *others),
        tuple(others),
        (replace(first, coder="יוסי"), *others),
        (replace(first, code="pay"), *others),
    )
    for codings in changes:
        with pytest.raises(ReadBackDiffers):
            qdpx.verify(tmp_path / "out.qdpx", replace(project, codings=codings))


WORDS = st.text("אבגדהושל ָ\u200f״\"'.,\n🙂a\r\ufeff", min_size=1, max_size=80)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(WORDS, min_size=1, max_size=3), data=st.data())
def test_whatever_is_coded_comes_back(tmp_path: Path, texts: list[str], data: st.DataObject) -> None:
    transcripts = tuple(Transcript(f"ריאיון {place}", text) for place, text in enumerate(texts))
    codings = []
    for transcript in transcripts:
        for _ in range(data.draw(st.integers(0, 4))):
            start = data.draw(st.integers(0, len(transcript.text) - 1))
            end = data.draw(st.integers(start + 1, len(transcript.text)))
            who = data.draw(st.sampled_from([("דנה", None), ("מודל", 0.256)]))
            code = data.draw(st.sampled_from("ab"))
            codings.append(Coding(transcript.name, Span(start, end), code, who[0], score=who[1], memo=data.draw(WORDS)))
    coders = (Coder("דנה"), Coder("מודל", CoderKind.MODEL))
    project = Project(
        "מ", Codebook("מ", (Code("a", "א"), Code("b", "ב", parent="a"))), transcripts, coders, tuple(codings)
    )
    path = tmp_path / "out.qdpx"
    qdpx.write(project, path)
    keys = {(each.transcript, each.span, each.code, each.coder) for each in codings}
    assert qdpx.verify(path, project).codings == len(keys)


def test_a_hundred_transcripts_with_five_thousand_codings_take_under_ten_seconds(tmp_path: Path) -> None:
    chance = random.Random(1)
    letters = "אבגדהוזחטיכלמנסעפצקרשת"
    words = ["".join(chance.choices(letters, k=chance.randint(2, 8))) for _ in range(3000)]
    transcripts = tuple(Transcript(f"ר{place}", " ".join(chance.choices(words, k=10_000))) for place in range(100))
    codes = tuple(Code(f"c{place}", f"קוד {place}") for place in range(40))
    codings = [
        Coding(f"ר{place % 100}", Span(start, start + 300), f"c{place % 40}", "מודל", Origin.AUTO, 0.5)
        for place in range(5000)
        for start in [chance.randrange(40_000)]
    ]
    project = Project("מ", Codebook("מ", codes), transcripts, (Coder("מודל", CoderKind.MODEL),), tuple(codings))
    begun = time.process_time()
    qdpx.write(project, tmp_path / "out.qdpx")
    assert qdpx.verify(tmp_path / "out.qdpx", project).codings > 4900
    assert time.process_time() - begun < 10


def test_guids_are_the_same_on_every_machine() -> None:
    assert code_guid("C09.1") == stable_guid("code", "C09.1") == "D76ABC5A-E610-5474-B6C5-F56788DF6BEC"
