"""What speech recognition writes: the forms of its JSON, speakers, times, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autocoder.errors import FileRefused
from autocoder.formats import recognition
from autocoder.project import Reading, Role

SEGMENTS = [
    {"id": 0, "seek": 0, "start": 0.5, "end": 1.5, "text": " מה שלומך?", "speaker": "SPEAKER_00", "tokens": [1, 2]},
    {"id": 1, "seek": 0, "start": 1.75, "end": 2.5, "text": " ספרי לי.", "speaker": "SPEAKER_00", "tokens": []},
    {"id": 2, "seek": 0, "start": 3, "end": 4.5, "text": "  בסדר 🙂", "speaker": "SPEAKER_01"},
]
SAID = [("SPEAKER_00", "מה שלומך? ספרי לי.", 0.5), ("SPEAKER_01", "בסדר 🙂", 3.0)]


def read(tmp_path: Path, data: object, answers: dict[str, Role | None] | None = None) -> Reading:
    file = tmp_path / "ראיון.json"
    file.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return recognition.read(file, answers)


def turns(reading: Reading) -> list[tuple[str, str, float | None]]:
    (transcript,) = reading.transcripts
    return [(turn.speaker, transcript.quote(turn.span), turn.time) for turn in transcript.turns]


def without(*names: str) -> list[dict[str, object]]:
    return [{name: value for name, value in segment.items() if name not in names} for segment in SEGMENTS]


@pytest.mark.parametrize(
    "data",
    [
        {"text": "...", "segments": SEGMENTS, "language": "he"},
        SEGMENTS,
        {"segments": [{**each, "speakers": [SEGMENTS[n]["speaker"]]} for n, each in enumerate(without("speaker"))]},
        {"status": "COMPLETED", "output": [{"result": [SEGMENTS[:2], SEGMENTS[2:]]}]},
        {"result": {"segments": SEGMENTS}},
        {"chunks": [], "speakers": [{**e, "timestamp": [e["start"], e["end"]]} for e in SEGMENTS], "text": ""},
        {"transcription": [{**e, "offsets": {"from": e["start"] * 1000, "to": e["end"] * 1000}} for e in SEGMENTS]},
        {"segments": [{**segment, "speaker": int(str(segment["speaker"])[-2:])} for segment in SEGMENTS]},
    ],
)
def test_every_programs_form_gives_the_same_turns(tmp_path, data):
    reading = read(tmp_path, data)
    assert turns(reading) == SAID
    assert reading.transcripts[0].text == "SPEAKER_00: מה שלומך? ספרי לי.\nSPEAKER_01: בסדר 🙂"
    assert reading.transcripts[0].name == "ראיון"


def test_a_segment_is_parted_where_the_speaker_of_its_words_changes(tmp_path):
    words = [
        {"word": "מה", "start": 1.0, "end": 1.2, "speaker": "A1"},
        {"word": "שלומך?", "start": 1.3, "end": 1.6},
        {"word": "בסדר.", "start": 2.0, "end": 2.2, "speaker": "B2"},
    ]
    segment = {"start": 1.0, "end": 2.2, "text": " מה שלומך? בסדר.", "speaker": "A1", "words": words}
    assert turns(read(tmp_path, {"segments": [segment]})) == [("A1", "מה שלומך?", 1.0), ("B2", "בסדר.", 2.0)]
    other = {**segment, "text": "מה שלומך? טוב."}
    assert turns(read(tmp_path, {"segments": [other]})) == [("A1", "מה שלומך? טוב.", 1.0)]


def test_without_speakers_a_pause_begins_a_turn_and_labels_in_the_text_count(tmp_path):
    assert turns(read(tmp_path, [*without("speaker"), {"start": 9, "end": 10, "text": "זהו."}])) == [
        ("", "מה שלומך? ספרי לי. בסדר 🙂", 0.5),
        ("", "זהו.", 9.0),
    ]
    labelled = [
        {"start": n, "end": n, "text": text} for n, text in enumerate(("מראיינת: מה?", "רונית: כן.", "מראיינת: טוב."))
    ]
    assert [speaker for speaker, *_ in turns(read(tmp_path, labelled))] == ["מראיינת", "רונית", "מראיינת"]


def test_answers_give_roles(tmp_path):
    reading = read(tmp_path, SEGMENTS, {"SPEAKER_00": Role.INTERVIEWER})
    assert [turn.role for turn in reading.transcripts[0].turns] == [Role.INTERVIEWER, Role.PARTICIPANT]


def test_words_that_come_again_and_again_are_pointed_out(tmp_path):
    looped = [{"start": 60 + n, "end": 61 + n, "text": "תודה רבה"} for n in range(5)]
    assert [str(problem) for problem in read(tmp_path, [*SEGMENTS, *looped]).problems] == [
        "ראיון.json, 01:00: the same words come 5 times in a row; listen whether they were said"
    ]


def test_segments_without_a_time_take_that_of_the_one_before_and_are_a_problem(tmp_path):
    data = [{**SEGMENTS[0]}, {"text": "ועוד", "speaker": "B"}, {"text": "סוף", "start": "x", "end": float("nan")}]
    reading = read(tmp_path, data)
    assert [time for *_, time in turns(reading)] == [0.5, 1.5]
    assert [problem.what.split(";")[0] for problem in reading.problems] == ["2 segments have no time"]


def test_what_cannot_be_stored_is_replaced(tmp_path):
    reading = read(tmp_path, '[{"text": "a\\ud83d\\ude42 \\ud800b\\u0000\\r\\nc", "start": 0}]')
    assert reading.transcripts[0].text == "a🙂 \ufffdb c"


@pytest.mark.parametrize(
    ("data", "what"),
    [
        ("", "the file is empty"),
        ('{"segments": [{"text"', "it is not JSON, or is cut short"),
        ("[" * 200_000, "its JSON is nested too deeply"),
        ("[" + "1" * 10_000 + "]", "it holds a number that cannot be read"),
        ('{"a": [1, 2], "segments": []}', "it holds no list of segments with a text"),
        ('[{"text": 3}]', "it holds no list of segments with a text"),
        ('"abc"', "it holds no list of segments with a text"),
        ('[{"text": "  "}]', "its cues hold no words"),
    ],
)
def test_what_is_no_transcript_is_refused(tmp_path, data, what):
    with pytest.raises(FileRefused, match=what) as refusal:
        read(tmp_path, data)
    assert str(refusal.value).startswith("ראיון.json")
    assert "\n" not in str(refusal.value)
