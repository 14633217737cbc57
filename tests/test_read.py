from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from autocoder.errors import AutocoderError, FileRefused
from autocoder.formats import codebook_yaml, margin, maxqda, qdpx
from autocoder.formats.speakers import Answers, SpeakersUnclear, Usage
from autocoder.project import Code, Codebook, Coder, CoderKind, Coding, Project, Reading, Role, Span, Transcript, Turn
from autocoder.read import Joined, QuotesNotFound, join_readings, read_file, read_files


def join(project: Project, *paths: Path, skip_unfound: bool = False) -> Joined:
    return join_readings(project, [(path, read_file(path)) for path in paths], skip_unfound)


@pytest.fixture
def bare(project: Project) -> Project:
    """The project before anybody coded."""
    return replace(project, coders=(), codings=())


def test_every_coding_of_an_imported_project_quotes_the_text(tmp_path: Path, project: Project) -> None:
    qdpx.write(project, tmp_path / "p.qdpx")
    joined = join(Project("new", project.codebook), tmp_path / "p.qdpx")
    (transcript,) = joined.transcripts
    quotes = {(coding.code, coding.coder, transcript.quote(coding.span)) for coding in joined.codings}
    exported = qdpx.exported_text(project.transcripts[0].text)
    assert quotes == {(c.code, c.coder, exported[c.span.start : c.span.end]) for c in project.codings}
    assert joined.codebook is None
    assert [turn.speaker for turn in transcript.turns] == ["מראיינת", "רחל"] * 2


def test_codings_of_a_project_land_on_the_transcript_that_is_there(
    tmp_path: Path, project: Project, bare: Project
) -> None:
    qdpx.write(project, tmp_path / "p.qdpx")
    joined = join(bare, tmp_path / "p.qdpx")
    assert joined.transcripts == ()
    assert {(c.span, c.code, c.coder) for c in joined.codings} == {(c.span, c.code, c.coder) for c in project.codings}


def test_codings_move_along_when_the_text_here_is_another_edition(tmp_path: Path, project: Project) -> None:
    qdpx.write(project, tmp_path / "p.qdpx")
    (old,) = project.transcripts
    longer = Transcript(old.name, "כותרת חדשה\n" + old.text.replace("\U0001f642 ", ""), ())
    joined = join(Project("p", project.codebook, (longer,)), tmp_path / "p.qdpx")
    pay = next(coding for coding in joined.codings if coding.code == "pay")
    assert longer.quote(pay.span) == "מינימום, \u200fburnout לגמרי. 29.5 שקל לשעה."


def test_a_transcripts_own_file_is_taken_before_the_edition_in_a_project(tmp_path: Path, project: Project) -> None:
    qdpx.write(project, tmp_path / "p.qdpx")
    (tmp_path / "ריאיון 1.txt").write_text("שיחה ראשונה\n" + project.transcripts[0].text, encoding="utf-8")
    joined = join(Project("p", project.codebook), tmp_path / "p.qdpx", tmp_path / "ריאיון 1.txt")
    (transcript,) = joined.transcripts
    assert transcript.text.startswith("שיחה ראשונה")
    assert len(joined.codings) == len(project.codings)


def test_a_table_of_segments_finds_its_places_again(tmp_path: Path, project: Project, bare: Project) -> None:
    path = tmp_path / "segments.xlsx"
    maxqda.write(project, path)
    joined = join(bare, path)
    assert {(c.span, c.code, c.coder) for c in joined.codings} == {(c.span, c.code, c.coder) for c in project.codings}
    assert joined.reports[0].found == {"exact": 4}


def test_a_segment_that_is_nowhere_is_refused_with_its_row(tmp_path: Path, bare: Project) -> None:
    path = tmp_path / "t.csv"
    path.write_text("Document name,Code,Segment\nריאיון 1,תנאים ושכר,משפט שאיש לא אמר מעולם כאן\n", encoding="utf-8")
    with pytest.raises(QuotesNotFound, match=r"t\.csv, row 2: the segment is not in the transcript ריאיון 1;"):
        join(bare, path)
    joined = join(bare, path, skip_unfound=True)
    assert joined.codings == ()
    assert [problem.place for problem in joined.reports[0].problems] == ["row 2"]


def test_a_segment_that_stands_twice_is_never_guessed(tmp_path: Path, codebook: Codebook) -> None:
    text = "א: כן בטח.\nב: לא.\nא: כן בטח.\n"
    transcript = Transcript("t", text, (Turn(Span(3, 10), "א", Role.PARTICIPANT),))
    path = tmp_path / "t.csv"
    path.write_text("Document name,Code,Segment\nt,תנאים ושכר,כן בטח.\n", encoding="utf-8")
    with pytest.raises(QuotesNotFound, match="several places"):
        join(Project("p", codebook, (transcript,)), path)


def test_an_unknown_code_of_a_table_becomes_a_code(tmp_path: Path, bare: Project) -> None:
    path = tmp_path / "t.csv"
    row = "ריאיון 1,סטינג פנימי > עומס > לילה,התחלתי לבד"
    path.write_text(f"Document name,Code,Segment\n{row}\n", encoding="utf-8")
    joined = join(bare, path)
    assert joined.codebook is not None
    (coding,) = joined.codings
    assert joined.codebook.path(coding.code) == "סטינג פנימי > עומס > לילה"
    assert joined.codebook.root(coding.code).id == "C09.3"
    assert joined.codebook.version == bare.codebook.version + 1


def test_codes_are_known_again_by_guid_id_and_name(tmp_path: Path, bare: Project) -> None:
    guid = qdpx.code_guid("pay")
    foreign = Codebook("f", (Code("X1", name_en="inner  setting"), Code(guid, "שם אחר", parent="X1"), Code("alone")))
    joined = join_readings(bare, [(tmp_path / "f.qdc", Reading(codebook=foreign))])
    assert joined.codebook is None


def test_new_codes_come_with_their_place_in_the_tree(tmp_path: Path, bare: Project) -> None:
    foreign = Codebook("f", (Code("X1", name_en="Inner setting"), Code("X2", "חדש", parent="X1")), version=1)
    codebook_yaml.write(foreign, tmp_path / "f.yaml")
    joined = join(bare, tmp_path / "f.yaml")
    assert joined.codebook is not None
    assert joined.codebook["X2"].parent == "C09.3"
    assert joined.codebook.exclusive == bare.codebook.exclusive


def test_another_text_under_a_known_name_is_refused(tmp_path: Path, bare: Project) -> None:
    path = tmp_path / "ריאיון 1.txt"
    path.write_text("רחל: משהו אחר לגמרי.\nמראיינת: מה?\n", encoding="utf-8")
    with pytest.raises(FileRefused, match="is here already"):
        join(bare, path)


def test_two_interviews_of_one_name_never_become_one(tmp_path: Path, project: Project, bare: Project) -> None:
    other = Transcript("ריאיון 1", "א: משהו אחר לגמרי נאמר כאן.\nב: כן.\nא: ועוד דבר אחד בסוף.\n", ())
    coding = replace(project.codings[0], span=Span(other.text.index("כן"), other.text.index("כן") + 2))
    qdpx.write(Project("x", project.codebook, (other,), project.coders, (coding,)), tmp_path / "other.qdpx")
    with pytest.raises(FileRefused, match="rename it"):
        join(bare, tmp_path / "other.qdpx")
    twice = (project.transcripts[0], replace(other, name="ריאיון 1.docx"))
    both = Reading(transcripts=twice, codebook=project.codebook)
    joined = join_readings(Project("new", project.codebook), [(tmp_path / "both.qdpx", both)])
    assert joined.transcripts == twice


def test_a_repeated_quote_lands_where_its_paragraph_says(tmp_path: Path, codebook: Codebook) -> None:
    transcript = Transcript("t", "א: כן בטח.\nב: לא.\nא: כן בטח.\n", ())
    path = tmp_path / "t.csv"
    path.write_text("Document name,Code,Segment,Beginning\nt,תנאים ושכר,כן בטח.,3\n", encoding="utf-8")
    joined = join(Project("p", codebook, (transcript,)), path)
    assert [coding.span.start for coding in joined.codings] == [transcript.text.rindex("כן")]


def test_the_same_transcript_again_adds_nothing(tmp_path: Path, bare: Project) -> None:
    path = tmp_path / "ריאיון 1.txt"
    path.write_text(bare.transcripts[0].text, encoding="utf-8")
    assert join(bare, path).transcripts == ()


def test_a_word_file_is_the_transcript_that_came_from_a_project_without_its_emoji(
    tmp_path: Path, project: Project, bare: Project
) -> None:
    (old,) = project.transcripts
    here = replace(old, text=qdpx.exported_text(old.text))
    assert here.text != old.text
    margin.write(project, tmp_path / "ריאיון 1.docx")
    joined = join(replace(bare, transcripts=(here,)), tmp_path / "ריאיון 1.docx")
    assert joined.transcripts == ()
    assert {(c.span, c.code, c.coder) for c in joined.codings} == {(c.span, c.code, c.coder) for c in project.codings}


@pytest.mark.parametrize("end", ["", "\n"])
def test_a_document_that_was_exported_comes_back_to_its_transcript(
    tmp_path: Path, project: Project, bare: Project, end: str
) -> None:
    (old,) = project.transcripts
    text = replace(old, text=old.text.rstrip("\n") + end)
    margin.write(replace(project, transcripts=(text,)), tmp_path / "ריאיון 1.docx")
    joined = join(replace(bare, transcripts=(text,)), tmp_path / "ריאיון 1.docx")
    assert joined.transcripts == ()
    assert {(c.span, c.code, c.coder) for c in joined.codings} == {(c.span, c.code, c.coder) for c in project.codings}


def test_a_coding_that_holds_the_last_line_end_stays_inside_a_text_without_it(
    tmp_path: Path, codebook: Codebook
) -> None:
    here = Transcript("t", "א: כן בטח.", ())
    longer = replace(here, text="א: כן בטח.\n")
    coding = Coding("t", Span(3, len(longer.text)), "pay", "דנה")
    coders = (Coder("דנה", CoderKind.HUMAN),)
    reading = Reading(transcripts=(longer,), codebook=codebook, coders=coders, codings=(coding,))
    joined = join_readings(Project("p", codebook, (here,)), [(tmp_path / "p.qdpx", reading)])
    assert [here.quote(coding.span) for coding in joined.codings] == ["כן בטח."]
    assert [coding.span.end for coding in joined.codings] == [len(here.text)]


def test_a_folder_is_refused_as_one(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="it is a folder; name the files in it"):
        read_file(tmp_path)


def test_an_ending_without_a_reader_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match=r"a\.mp3: files ending in \.mp3 are not read; save it as \.txt"):
        read_file(tmp_path / "a.mp3")


@pytest.mark.parametrize("name", ["2347581", "2564705"])
def test_a_meeting_reads_the_same_from_word_and_from_text(shared: Path, name: str) -> None:
    folder = shared / "samples" / "transcripts"
    word, plain = (read_file(folder / f"knesset_finance_{name}.{ending}") for ending in ("docx", "txt"))

    def turns(reading: Reading) -> list[tuple[str, str]]:
        (transcript,) = reading.transcripts
        return [(turn.speaker, " ".join(transcript.quote(turn.span).split())) for turn in transcript.turns]

    assert turns(word) == turns(plain)


# -- variables


def table(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "variables.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_variables_join_transcripts_and_speakers_and_change_only_what_the_file_says(
    tmp_path: Path, bare: Project
) -> None:
    path = table(tmp_path, "transcript,speaker,תפקיד,גיל\nריאיון 1.docx,רחל,מנהלת,51\n")
    (transcript,) = join(bare, path).described
    assert transcript.speakers == {"רחל": {"תפקיד": "מנהלת", "גיל": "51"}}
    assert (transcript.text, transcript.turns) == (bare.transcripts[0].text, bare.transcripts[0].turns)
    (transcript,) = join(bare, table(tmp_path, "transcript,גל\nריאיון 1,2\n")).described
    assert transcript.variables == {"אתר": "א", "גל": "2"}
    joined = join(bare, table(tmp_path, "transcript,אתר\nריאיון 1,א\n"))
    assert (joined.described, joined.reports[0].described) == ((), 1)


def test_variables_join_a_transcript_of_the_same_import(tmp_path: Path, codebook: Codebook) -> None:
    (tmp_path / "a.txt").write_text("מראיינת: מה?\nרחל: כן.\nרחל: לא.\n", encoding="utf-8")
    joined = join(Project("p", codebook), table(tmp_path, "תמליל,דוברת,גיל\na,רחל,51\n"), tmp_path / "a.txt")
    (transcript,) = joined.transcripts
    assert transcript.speakers["רחל"] == {"role": "participant", "גיל": "51"}
    assert joined.described == ()


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ("ריאיון 9,רחל,1", "variables.csv, row 3: there is no transcript named ריאיון 9; import it first"),
        ("ריאיון 1,דנה,1", r"variables.csv, row 3: nobody speaks as דנה in ריאיון 1; .*\(there are: מראיינת, רחל\)"),
    ],
)
def test_a_row_about_somebody_unknown_is_refused_or_left_out(
    tmp_path: Path, bare: Project, row: str, what: str
) -> None:
    path = table(tmp_path, f"transcript,label,x\nריאיון 1,רחל,2\n{row}\n")
    with pytest.raises(FileRefused, match=what):
        join(bare, path)
    joined = join(bare, path, skip_unfound=True)
    assert joined.described[0].speakers["רחל"]["x"] == "2"
    assert [problem.place for problem in joined.reports[0].problems] == ["row 3"]
    assert joined.reports[0].described == 1


def test_a_table_that_calls_a_participant_an_interviewer_is_a_problem(tmp_path: Path, bare: Project) -> None:
    path = table(tmp_path, "transcript,label,role\nריאיון 1,רחל,interviewer\nריאיון 1,מראיינת,interviewer\n")
    assert [problem.place for problem in join(bare, path).reports[0].problems] == ["row 2"]


# -- who speaks


UNCLEAR = "מ: איך היה?\nרחל: בסדר.\nמ: ומה עוד?\nרחל: זהו.\n"
NAMES = "דנה: איך היה?\nרחל: בסדר.\nדנה: ומה עוד?\nרחל: זהו.\n"


class Person:
    """Somebody who is asked, and remembers it."""

    def __init__(self, **answers: Role | None) -> None:
        self.answers = answers
        self.asked: list[tuple[str, list[str]]] = []

    def __call__(self, path: Path, usages: Sequence[Usage]) -> Answers:
        self.asked.append((path.name, [usage.label for usage in usages if usage.is_open]))
        return {usage.label: usage.proposal for usage in usages} | self.answers


def files(tmp_path: Path, **texts: str) -> list[Path]:
    for name, text in texts.items():
        (tmp_path / f"{name}.txt").write_text(text, encoding="utf-8")
    return [tmp_path / f"{name}.txt" for name in texts]


def roles(reading: Reading) -> dict[str, Role]:
    return {turn.speaker: turn.role for turn in reading.transcripts[0].turns}


def test_a_person_is_asked_once_for_each_file_that_is_not_clear(tmp_path: Path) -> None:
    person = Person(מ=Role.PARTICIPANT)
    paths = files(tmp_path, a=UNCLEAR, b=NAMES, c="מראיינת: מה?\nרחל: כן.\nרחל: לא.\n", d="סתם טקסט בלי דוברים.\n")
    readings = read_files(paths, None, person)
    assert person.asked == [("a.txt", ["מ"]), ("b.txt", ["דנה", "רחל"])]
    assert roles(readings[0][1]) == {"מ": Role.PARTICIPANT, "רחל": Role.PARTICIPANT}
    assert roles(readings[1][1]) == {"דנה": Role.INTERVIEWER, "רחל": Role.PARTICIPANT}


def test_an_answer_that_was_given_is_not_asked_for(tmp_path: Path) -> None:
    person = Person()
    read_files(files(tmp_path, a=UNCLEAR, b=NAMES), {"מ": Role.INTERVIEWER, "דנה": Role.INTERVIEWER}, person)
    assert person.asked == []


def test_a_label_may_be_called_no_speaker(tmp_path: Path) -> None:
    ((_, reading),) = read_files(files(tmp_path, a="מ: מה?\nרחל: כן.\nת: לא.\nרחל: זהו.\n"), None, Person(מ=None))
    assert "מ" not in roles(reading)


def test_without_anybody_to_ask_one_sentence_gives_the_option_for_all_files(tmp_path: Path) -> None:
    paths = files(tmp_path, a=UNCLEAR, b=NAMES, c=UNCLEAR)
    with pytest.raises(SpeakersUnclear, match=r'2 files .*a\.txt, מ: .*; c\.txt, מ: .*--speakers "מ=interviewer"\.$'):
        read_files(paths)
    other = files(tmp_path, d="מראיינת: ספרי.\nמ: כן.\nמראיינת: ועוד?\nמ: לא.\n")
    with pytest.raises(SpeakersUnclear, match=r'--speakers "a\.txt:מ=interviewer,d\.txt:מ=participant"\.$'):
        read_files([paths[0], *other])
    readings = read_files([paths[0], *other], {"a.txt:מ": Role.INTERVIEWER, "d:מ": Role.PARTICIPANT})
    assert [roles(reading)["מ"] for _, reading in readings] == [Role.INTERVIEWER, Role.PARTICIPANT]


def test_an_answer_for_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AutocoderError, match=r"--speakers answers for מ in z\.txt, which is not among the files"):
        read_files(files(tmp_path, a=NAMES), {"z.txt:מ": Role.INTERVIEWER})


def test_a_file_that_came_before_is_read_with_the_roles_of_then_and_not_asked_about(tmp_path: Path) -> None:
    paths = files(tmp_path, a=UNCLEAR)
    ((_, first),) = read_files(paths, {"מ": Role.PARTICIPANT})
    person = Person()
    ((_, again),) = read_files(paths, None, person, first.transcripts)
    assert (again.transcripts, person.asked) == (first.transcripts, [])
    assert read_files(paths, None, None, first.transcripts)[0][1].transcripts == first.transcripts


@pytest.mark.parametrize("ending", ["txt", "srt", "md"])
def test_reversed_hebrew_is_refused_in_any_transcript(tmp_path: Path, ending: str) -> None:
    said = ["מראיינת: שלום לכולם, היום נדבר על הדרך", "רונית: אנשים עובדים בתוך הצוות", "מראיינת: ומה עם הכסף"]
    path = tmp_path / f"a.{ending}"
    cue = "1\n00:00:01,000 --> 00:00:02,000\n" if ending == "srt" else ""
    path.write_text("\n\n".join(cue + line[::-1] for line in said), encoding="utf-8")
    with pytest.raises(
        FileRefused, match=rf"a\.{ending}: its Hebrew is in visual order.*; get the text in logical order"
    ):
        read_file(path)
