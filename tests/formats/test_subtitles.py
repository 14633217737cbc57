"""Subtitles: cues become turns, voices and labels become speakers."""

from __future__ import annotations

from pathlib import Path

import docx as word
import pytest

from autocoder.errors import FileRefused
from autocoder.formats import docx, plain, subtitles
from autocoder.formats.speakers import AmbiguousSpeaker
from autocoder.project import Reading, Role

VOICES = """WEBVTT

NOTE a comment

1
00:00:01.000 --> 00:00:03.000
<v דנה כהן>שלום, מה שלומך?</v>

2
00:00:03.500 --> 00:00:05.000 align:start
<v.loud Ronit Levi>בסדר &amp; טוב,
<i>באמת</i></v>

3
00:00:05.000 --> 00:00:07.250
<v Ronit Levi>תודה 🙂</v>

4
00:00:08.000 --> 00:00:09.000
<v דנה כהן>יופי.</v>
"""

LABELS = """1
00:00:01,000 --> 00:00:03,000
מראיינת: מה שלומך?

2
01:00:03,500 --> 01:00:05,000
מרואיינת: בסדר,
היה קשה.

3
01:00:05,000 --> 01:00:07,000
אמרתי לו: לא.

4
01:00:08,000 --> 01:00:09,000
מראיינת: ואז?
"""

BARE = """1
00:00:01,000 --> 00:00:03,000
היה לי קשה בהתחלה

2
00:00:03,100 --> 00:00:05,000
ואז נהיה קל.

3
00:00:09,000 --> 00:00:10,000
זהו.
"""


def read(tmp_path: Path, name: str, text: str, roles: dict[str, Role] | None = None) -> Reading:
    file = tmp_path / name
    file.write_bytes(text.encode())
    return subtitles.read(file, roles)


def test_voice_tags_name_the_speakers_and_their_adjacent_cues_join(tmp_path):
    reading = read(tmp_path, "זום.vtt", VOICES)
    transcript = reading.transcripts[0]
    assert transcript.name == "זום"
    assert transcript.text == "דנה כהן: שלום, מה שלומך?\nRonit Levi: בסדר & טוב, באמת תודה 🙂\nדנה כהן: יופי."
    assert [(turn.speaker, transcript.quote(turn.span), turn.time) for turn in transcript.turns] == [
        ("דנה כהן", "שלום, מה שלומך?", 1.0),
        ("Ronit Levi", "בסדר & טוב, באמת תודה 🙂", 3.5),
        ("דנה כהן", "יופי.", 8.0),
    ]
    assert "4 cues became 3 turns" in reading.notes


def test_labels_name_the_speakers_and_a_cue_without_one_goes_on(tmp_path):
    reading = read(tmp_path, "a.srt", LABELS)
    transcript = reading.transcripts[0]
    assert transcript.text == "מראיינת: מה שלומך?\nמרואיינת: בסדר, היה קשה. אמרתי לו: לא.\nמראיינת: ואז?"
    assert [(turn.role, turn.time) for turn in transcript.turns] == [
        (Role.INTERVIEWER, 1.0),
        (Role.PARTICIPANT, 3603.5),
        (Role.INTERVIEWER, 3608.0),
    ]


def test_two_voices_in_one_cue_are_two_turns(tmp_path):
    text = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v דנה>כן?\n<v רות>לא.\n"
    assert read(tmp_path, "a.vtt", text).transcripts[0].text == "דנה: כן?\nרות: לא."


def test_without_speakers_a_pause_begins_a_turn(tmp_path):
    reading = read(tmp_path, "a.srt", BARE)
    transcript = reading.transcripts[0]
    assert transcript.text == "היה לי קשה בהתחלה ואז נהיה קל.\nזהו."
    assert [(turn.speaker, turn.time) for turn in transcript.turns] == [("", 1.0), ("", 9.0)]
    assert any("no speakers were found" in note for note in reading.notes)


def test_windows_line_ends_a_mark_and_other_encodings_make_no_difference(tmp_path):
    plain_text = read(tmp_path, "a.srt", LABELS).transcripts[0].text
    for encoding in ("utf-8-sig", "utf-16", "cp1255"):
        (tmp_path / "b.srt").write_bytes(LABELS.replace("\n", "\r\n").encode(encoding))
        assert subtitles.read(tmp_path / "b.srt").transcripts[0].text == plain_text


def test_machine_labels_and_answers_give_roles(tmp_path):
    text = LABELS.replace("מראיינת", "SPEAKER_00").replace("מרואיינת", "SPEAKER_01")
    transcript = read(tmp_path, "a.srt", text, {"SPEAKER_00": Role.INTERVIEWER}).transcripts[0]
    assert [(turn.speaker, turn.role) for turn in transcript.turns][:2] == [
        ("SPEAKER_00", Role.INTERVIEWER),
        ("SPEAKER_01", Role.PARTICIPANT),
    ]


def test_an_ambiguous_label_is_asked_about(tmp_path):
    with pytest.raises(AmbiguousSpeaker, match=r"a\.srt: who speaks under מ:"):
        read(tmp_path, "a.srt", LABELS.replace("מראיינת", "מ"))


def test_a_cue_with_an_impossible_time_is_a_problem(tmp_path):
    reading = read(tmp_path, "a.srt", LABELS + "\n5\n01:00 --> nowhere\nאבוד\n")
    assert [problem.what for problem in reading.problems] == [
        "1 cues are empty or have a time that cannot be read; they were left out"
    ]
    assert not read(tmp_path, "b.srt", LABELS).problems


def test_what_noscribe_writes_is_read(tmp_path):
    text = "WEBVTT ראיון.mp3\n\nNOTE\nTranscribed with noScribe vers. 0.6\n\nNOTE media: C:/ראיון.mp3\n\n"
    text += (
        "1\n00:00:00.000 --> 00:00:02.000\n<v S00>מה &lt;זה&gt;?\n\n2\n00:00:02.500 --> 00:00:04.000\n<v S01>כן.\n\n"
    )
    transcript = read(tmp_path, "a.vtt", text).transcripts[0]
    assert [(turn.speaker, transcript.quote(turn.span)) for turn in transcript.turns] == [
        ("S00", "מה <זה>?"),
        ("S01", "כן."),
    ]


TEAMS = """0:0:5.100 --> 0:0:8.250
דנה כהן
שלום לכולם
0:0:8.500 --> 0:0:10.0
דנה כהן
מה שלומכם?
0:1:11.0 --> 0:1:12.0
רון לוי
טוב
"""
SAID = [("דנה כהן", "שלום לכולם מה שלומכם?", 5.1), ("רון לוי", "טוב", 71.0)]


def test_a_document_written_as_cues_is_read_as_cues_of_speakers(tmp_path):
    (tmp_path / "a.txt").write_text(TEAMS, encoding="utf-8")
    transcript = plain.read(tmp_path / "a.txt").transcripts[0]
    assert [(turn.speaker, transcript.quote(turn.span), turn.time) for turn in transcript.turns] == SAID
    document = word.Document()
    for cue in TEAMS.strip().split("\n0:"):
        document.add_paragraph(cue if cue.startswith("0:") else f"0:{cue}")
    document.save(str(tmp_path / "a.docx"))
    assert docx.read(tmp_path / "a.docx").transcripts[0] == transcript


def test_subtitles_with_the_ending_txt_are_read_as_cues(tmp_path):
    for text in (LABELS, VOICES):
        (tmp_path / "a.txt").write_text(text, encoding="utf-8")
        (tmp_path / ("a.vtt" if "WEBVTT" in text else "a.srt")).write_text(text, encoding="utf-8")
        expected = subtitles.read(tmp_path / ("a.vtt" if "WEBVTT" in text else "a.srt"))
        assert plain.read(tmp_path / "a.txt").transcripts == expected.transcripts


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        ("a.vtt", "שלום לכולם", "it is not in the .vtt format"),
        ("a.srt", "שלום לכולם", "it is not in the .srt format"),
        ("a.vtt", LABELS, "it is not in the .vtt format"),
        ("a.vtt", "WEBVTT\n\n", "no cue in it has a text"),
        ("a.vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\n<v דנה></v>\n", "its cues hold no words"),
        ("a.srt", "", "the file is empty"),
    ],
)
def test_what_is_no_subtitle_file_is_refused(tmp_path, name, text, what):
    with pytest.raises(FileRefused, match=what) as refusal:
        read(tmp_path, name, text)
    assert str(refusal.value).startswith(f"{name}: ")
