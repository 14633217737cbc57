"""Lines become turns: labels, roles, timestamps, and the sentences that only look like labels."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocoder.errors import FileRefused
from autocoder.formats import labels
from autocoder.formats.speakers import AmbiguousSpeaker, Line, Saying, for_file, lines_of, option, read_parts, usages
from autocoder.project import Reading, Role

PATH = Path("ראיון 1.txt")
INTERVIEWER, PARTICIPANT = Role.INTERVIEWER, Role.PARTICIPANT


def read(text: str, roles: dict[str, Role] | None = None) -> Reading:
    return read_parts(PATH, text, lines_of(text), roles)


def turns(text: str, roles: dict[str, Role] | None = None) -> list[tuple[str, str]]:
    transcript = read(text, roles).transcripts[0]
    return [(turn.speaker, transcript.quote(turn.span)) for turn in transcript.turns]


def test_a_label_on_the_line_opens_a_turn_that_holds_the_speech_only():
    text = "מראיינת: מה שלומך?\nמרואיין: בסדר.\nבאמת בסדר.\n"
    assert turns(text) == [("מראיינת", "מה שלומך?"), ("מרואיין", "בסדר.\nבאמת בסדר.")]


def test_a_label_alone_above_the_speech_opens_a_turn():
    text = "מראיינת:\nמה שלומך?\n\nרונית:\nבסדר.\n\nמראיינת:\nבאמת?\n\nרונית:\nכן.\n"
    assert turns(text) == [("מראיינת", "מה שלומך?"), ("רונית", "בסדר."), ("מראיינת", "באמת?"), ("רונית", "כן.")]


def test_a_transcript_knows_its_name_its_text_and_its_speakers():
    text = "מראיינת: שלום.\nרונית: שלום.\nרונית: כן.\n"
    transcript = read(text).transcripts[0]
    assert (transcript.name, transcript.text) == ("ראיון 1", text)
    assert transcript.speakers == {"מראיינת": {"role": "interviewer"}, "רונית": {"role": "participant"}}


@pytest.mark.parametrize(
    ("label", "role"),
    [
        ("מראיינת", INTERVIEWER),
        ("מראיין", INTERVIEWER),
        ("המראיינת", INTERVIEWER),
        ("מראיין/ת", INTERVIEWER),
        ("מראיינת 2", INTERVIEWER),
        ("מנחה", INTERVIEWER),
        ("מנחה 1", INTERVIEWER),
        ("Interviewer", INTERVIEWER),
        ("MODERATOR", INTERVIEWER),
        ("I", INTERVIEWER),
        ("Q", INTERVIEWER),
        ("ש", INTERVIEWER),
        ("שאלה", INTERVIEWER),
        ("אני", INTERVIEWER),
        ("דנה (מנחה)", INTERVIEWER),
        ("ת", PARTICIPANT),
        ("נ", PARTICIPANT),
        ("מרואיינת", PARTICIPANT),
        ("מרואיין", PARTICIPANT),
        ("משתתפת 3", PARTICIPANT),
        ("דובר 1", PARTICIPANT),
        ("דוברת 2", PARTICIPANT),
        ("נחקר/ת", PARTICIPANT),
        ("SPEAKER_00", PARTICIPANT),
        ("Speaker 1", PARTICIPANT),
        ("ל.ב.", PARTICIPANT),
        ('ד"ר כ.', PARTICIPANT),
        ("ד״ר כ׳", PARTICIPANT),
        ("רונית", PARTICIPANT),
        ("רום בר-אב", PARTICIPANT),
        ("Dana Levi", PARTICIPANT),
        ('ינון אזולאי (ש"ס)', PARTICIPANT),
        ("שלי כהן", PARTICIPANT),
        ("איתי", PARTICIPANT),
    ],
)
def test_each_kind_of_label_is_found_with_its_role(label, role):
    transcript = read(f"{label}: שלום לכולם.\n{label}: ועוד משהו.\n").transcripts[0]
    assert [turn.role for turn in transcript.turns] == [role, role]
    assert [transcript.quote(turn.span) for turn in transcript.turns] == ["שלום לכולם.", "ועוד משהו."]


@pytest.mark.parametrize(
    "line",
    [
        "אז אמרתי לו: אני לא בא.",
        "יש שתי בעיות: השכר והבדידות.",
        "נפגשנו ב-12:30 ליד המחלקה.",
        "12:30 הגענו.",
        "בשעה 10:15 התחלנו.",
        "הקישור הוא https://example.org/a: תסתכלי.",
        "https://example.org",
        "לדוגמה: עמית אחד בכל מחלקה.",
        "כלומר: לא.",
        "ואז, אחרי הכל: שקט.",
        "הבעיה: אין תקן.",
        "מה אמרת? ככה: לא.",
        "and then she said: no.",
        "three things: pay, time, people.",
        "אמא שלי תמיד אמרה: תלמדי.",
        "היחס הוא 3:1 בערך.",
        'הוא צעק "די": ואז הלך.',
        "כל מי שעובד כאן יודע את זה היטב כבר שנים רבות מאוד: קשה.",
    ],
)
def test_a_sentence_with_a_colon_is_no_speaker_even_when_it_comes_back(line):
    text = f"מראיינת: ספרי.\nרונית: טוב.\n{line}\nמראיינת: ועוד?\nרונית: כן.\n{line}\n"
    assert {speaker for speaker, _ in turns(text)} == {"מראיינת", "רונית"}


def test_a_name_that_occurs_once_is_a_speaker_where_every_line_has_one():
    text = "מנחה: מי רוצה?\nרונית: אני.\nיוסי: גם אני.\nמנחה: בבקשה.\nרונית: תודה.\n"
    assert [speaker for speaker, _ in turns(text)] == ["מנחה", "רונית", "יוסי", "מנחה", "רונית"]


def test_names_that_occur_once_are_speakers_where_no_line_is_without_one():
    assert turns("דנה: שלום.\nיוסי: שלום.\n") == [("דנה", "שלום."), ("יוסי", "שלום.")]


def test_the_transcriber_is_a_speaker_when_the_word_comes_back_and_else_a_doubt():
    text = "רונית: אז הרופא התקשר.\nאני: לא רוצה.\nככה.\nרונית: כן.\nועוד.\nועוד.\n"
    assert {speaker for speaker, _ in turns(text)} == {"רונית"}
    assert "`אני:` looks like a speaker" in str(read(text).problems[0])


def test_a_label_in_the_stars_of_markdown_is_a_label():
    assert turns("**מראיינת:** מה?\n**רונית**: א.\n**רונית:** ב.\n") == [
        ("מראיינת", "מה?"),
        ("רונית", "א."),
        ("רונית", "ב."),
    ]


def test_a_name_that_occurs_once_in_running_speech_is_a_doubt_and_not_a_speaker():
    text = "מראיינת: ספרי.\nטוב, אז ככה.\nהיה קשה.\nמחשבות: הרבה.\nועוד שורה.\nועוד אחת.\n"
    reading = read(text)
    assert [turn.speaker for turn in reading.transcripts[0].turns] == ["מראיינת"]
    assert [str(problem) for problem in reading.problems] == [
        "ראיון 1.txt, line 4: `מחשבות:` looks like a speaker but occurs too rarely to tell; it was read as speech; "
        'if it is one, import with --speakers "מחשבות=participant"'
    ]


def test_a_name_alone_on_its_line_that_occurs_once_is_a_speaker_where_labels_stand_alone():
    text = "דנה כהן:\nא.\n\nדנה כהן:\nב.\n\nיוסי לוי:\nג.\n\nדנה כהן:\nד.\n"
    assert [speaker for speaker, _ in turns(text)] == ["דנה כהן", "דנה כהן", "יוסי לוי", "דנה כהן"]


def test_a_single_letter_is_a_speaker_from_three_times_on():
    assert {speaker for speaker, _ in turns("מראיינת: מה?\nר: א.\nמראיינת: מה?\nר: ב.\nר: ג.\n")} == {"מראיינת", "ר"}
    listed = "מראיינת: מה?\nיש לי רשימה.\nא: שכר.\nועוד משהו.\nב: זמן.\nוזהו, זה הכל.\n"
    assert {speaker for speaker, _ in turns(listed)} == {"מראיינת"}


def test_a_single_letter_that_occurs_once_is_no_speaker_even_where_every_line_has_one():
    text = "מנחה: מי?\nרונית: אני.\nרונית: יש לי רשימה.\nא: שכר.\nמנחה: טוב.\n"
    assert {speaker for speaker, _ in turns(text)} == {"מנחה", "רונית"}


@pytest.mark.parametrize("sign", [" - ", " – ", "- ", "\t", "\t- "])
def test_a_dash_or_a_tab_serves_as_a_colon_for_known_labels(sign):
    text = f"מראיינת{sign}מה שלומך?\nמשתתפת 3{sign}בסדר.\n"
    assert turns(text) == [("מראיינת", "מה שלומך?"), ("משתתפת 3", "בסדר.")]


def test_a_dash_behind_other_words_is_no_label():
    text = "מראיינת: ספרי.\nת: כן.\nמנחה - זה תפקיד קשה.\nשכר - אין.\nשכר - אין.\nמ-660 שקלים.\n"
    assert [speaker for speaker, _ in turns(text)] == ["מראיינת", "ת"]


def test_labels_in_brackets_or_with_a_sign_in_front_are_known():
    text = "#מראיינת: מה?\n@רונית: א.\n@רונית: ב.\n"
    assert turns(text) == [("מראיינת", "מה?"), ("רונית", "א."), ("רונית", "ב.")]
    assert turns("[מראיינת] מה?\n[מרואיינת] א.\n[צחוק] ב.\n") == [("מראיינת", "מה?"), ("מרואיינת", "א.\n[צחוק] ב.")]


def test_direction_marks_niqqud_and_gershayim_do_not_hide_a_label_and_stay_in_the_text():
    text = '\u200fמְרַאיֶינֶת\u200f: שָׁלוֹם 🙂\n\u202bד״ר כ.\u202c: hello\nד"ר כ.: כן\n'
    assert turns(text) == [("מראיינת", "שָׁלוֹם 🙂"), ('ד"ר כ.', "hello"), ('ד"ר כ.', "כן")]
    assert read(text).transcripts[0].text == text


def test_the_question_and_answer_letters_have_roles():
    transcript = read("ש: מה?\nת: כלום.\n").transcripts[0]
    assert [(turn.speaker, turn.role) for turn in transcript.turns] == [("ש", INTERVIEWER), ("ת", PARTICIPANT)]


def test_an_ambiguous_label_is_refused_with_its_counts_a_proposal_and_the_remedy():
    text = "מ: מה שלומך?\nת: בסדר.\nמ: באמת?\nת: כן.\nמ: טוב.\n"
    with pytest.raises(AmbiguousSpeaker) as refusal:
        read(text)
    message = str(refusal.value)
    assert message.startswith("ראיון 1.txt: ")
    assert "מ: (3 turns, 2 with a question mark, looks like interviewer)" in message
    assert message.endswith('--speakers "מ=interviewer".')
    assert refusal.value.usages[0].proposal is INTERVIEWER


def test_an_ambiguous_label_beside_an_interviewer_is_proposed_as_participant():
    with pytest.raises(AmbiguousSpeaker, match='--speakers "מ=participant"'):
        read("מראיינת: ספר.\nמ: מה לספר?\nמראיינת: הכל.\nמ: מה הכל?\n")


@pytest.mark.parametrize(("mark", "proposal"), [("?", "interviewer"), (".", "participant")])
def test_an_ambiguous_label_among_names_is_proposed_by_its_questions(mark, proposal):
    with pytest.raises(AmbiguousSpeaker, match=f'--speakers "מ={proposal}"'):
        read(f"מ: ספר{mark}\nרונית: לא?\nמ: כן{mark}\nרונית: לא?\n")


def test_the_answer_for_an_ambiguous_label_is_taken():
    for role in Role:
        transcript = read("מ: מה?\nת: כן.\n", {"מ": role}).transcripts[0]
        assert transcript.turns[0].role is role


def test_every_ambiguous_label_is_asked_about_at_once():
    with pytest.raises(AmbiguousSpeaker, match="מ1=participant,מ2=participant"):
        read("מנחה: מי?\nמ1: אני.\nמ2: אני.\n")
    answered = read("מנחה: מי?\nמ1: אני.\nמ2: אני.\n", {"מ": PARTICIPANT})
    assert len(answered.transcripts[0].turns) == 3


def test_the_users_answer_wins_over_the_word_and_makes_a_label_of_a_rare_name():
    roles = {"משתתפת": INTERVIEWER, "מחשבות:": PARTICIPANT}
    text = "משתתפת: מה?\nשורה.\nשורה.\nמחשבות: הרבה.\nשורה.\nשורה.\n"
    transcript = read(text, roles).transcripts[0]
    assert [(turn.speaker, turn.role) for turn in transcript.turns] == [
        ("משתתפת", INTERVIEWER),
        ("מחשבות", PARTICIPANT),
    ]


@pytest.mark.parametrize(
    ("line", "time"),
    [
        ("[00:12:34] רונית: בסדר.", 754),
        ("רונית: [00:12:34] בסדר.", 754),
        ("רונית [12:34]: בסדר.", 754),
        ("(12:34) רונית: בסדר.", 754),
        ("#00:12:34-5# רונית: בסדר.", 754.5),
        ("00:12:34.567 רונית: בסדר.", 754.567),
        ("00:12:34,567 רונית: בסדר.", 754.567),
        ("[12:34 - 12:50] רונית: בסדר.", 754),
        ("\u200f[1:02:03]\u200f רונית: בסדר.", 3723),
        ("[00:12:34]\nרונית: בסדר.", 754),
        ("רונית:\n[00:12:34]\nבסדר.", 754),
        ("רונית:\n(12:34) בסדר.", 754),
        ("רונית: בסדר.", None),
    ],
)
def test_a_timestamp_next_to_the_label_is_the_turns_time_and_not_its_speech(line, time):
    text = f"מראיינת: מה?\n{line}\nרונית: כן.\n"
    transcript = read(text).transcripts[0]
    assert transcript.quote(transcript.turns[0].span) == "מה?"
    assert (transcript.quote(transcript.turns[1].span), transcript.turns[1].time) == ("בסדר.", time)
    assert transcript.text == text


def test_a_timestamp_at_the_end_or_inside_stays_in_the_speech():
    assert turns("ש: מה? #00:00:02-1#\nת: אז [00:03] כן.\n") == [("ש", "מה? #00:00:02-1#"), ("ת", "אז [00:03] כן.")]


def test_what_stands_before_the_first_speaker_belongs_to_no_turn():
    reading = read("ראיון עם עמיתה מומחית\n12.3.2024\n\nמראיינת: שלום.\nרונית: שלום.\nרונית: כן.\n")
    assert reading.transcripts[0].turns[0].speaker == "מראיינת"
    assert "5 words before the first speaker belong to no turn" in reading.notes


def test_a_form_at_the_top_names_no_speakers():
    text = "תאריך: 12.3.2024\nמראיינת: דנה כהן\nמרואיין: יוסי\n\nמראיינת: שלום.\nמרואיין: שלום.\n"
    assert turns(text) == [("מראיינת", "שלום."), ("מרואיין", "שלום.")]


def test_a_conversation_right_below_a_form_is_not_taken_for_the_form():
    text = "תאריך: 12.3.2024\nמראיינת: מה שלומך?\nמרואיין: טוב\n\nמראיינת: יופי.\n"
    assert turns(text) == [("מראיינת", "מה שלומך?"), ("מרואיין", "טוב"), ("מראיינת", "יופי.")]


def test_short_turns_below_a_form_without_an_empty_line_are_turns():
    assert turns("תאריך: 1.2\nש: טוב\nת: כן\nש: יופי\nת: תודה, זהו.\n")[:2] == [("ש", "טוב"), ("ת", "כן")]


def test_a_file_without_speakers_is_one_turn_per_paragraph_and_says_so():
    reading = read("פסקה ראשונה.\nהמשך שלה.\n\n[00:10] פסקה שנייה.\n")
    transcript = reading.transcripts[0]
    assert [transcript.quote(turn.span) for turn in transcript.turns] == ["פסקה ראשונה.\nהמשך שלה.", "פסקה שנייה."]
    assert {(turn.speaker, turn.role) for turn in transcript.turns} == {("", PARTICIPANT)}
    assert transcript.turns[1].time == 10
    assert any("no speakers were found" in note for note in reading.notes)


def test_without_empty_lines_each_line_is_a_paragraph():
    assert turns("פסקה ראשונה.\nפסקה שנייה.\n") == [("", "פסקה ראשונה."), ("", "פסקה שנייה.")]


def test_a_label_without_speech_is_a_problem_and_no_turn():
    reading = read("מראיינת:\nמראיינת: מה?\nת: כן.\n")
    assert [turn.speaker for turn in reading.transcripts[0].turns] == ["מראיינת", "ת"]
    assert [str(problem) for problem in reading.problems] == [
        "ראיון 1.txt, line 1: the label `מראיינת` has no speech below it"
    ]


def test_a_speech_in_a_labels_place_goes_to_the_label_that_waits_for_one():
    text = "דנה:\nא.\n\nיוסי:\nב.\n\nדנה:\n\nכן, בטח.:\nיוסי:\n\nלא.:\nדנה:\n\nיוסי:\nסוף.\n"
    assert turns(text) == [("דנה", "א."), ("יוסי", "ב."), ("דנה", "כן, בטח.:"), ("יוסי", "לא.:"), ("יוסי", "סוף.")]


def test_a_speech_in_a_labels_place_that_nobody_waits_for_has_an_unknown_speaker_and_is_a_problem():
    reading = read("דנה:\nא.\n\nיוסי:\nב.\n\nכן, בטח.:\nיוסי:\n\nלא.\n\nדנה: ג.\n")
    transcript = reading.transcripts[0]
    assert [turn.speaker for turn in transcript.turns] == ["דנה", "יוסי", "", "יוסי", "דנה"]
    assert any("its speaker is not known" in problem.what for problem in reading.problems)


def test_a_label_in_the_middle_of_a_line_is_a_problem():
    reading = read("דנה כהן: כן. יוסי לוי: לא.\nיוסי לוי: למה?\nדנה כהן: ככה.\nיוסי לוי: טוב.\n")
    assert [problem.what.split(",")[0] for problem in reading.problems] == [
        "1 turns hold a speaker's label inside a line"
    ]


def test_the_notes_say_who_speaks_how_often():
    text = "".join(f"משתתפת {number}: כן.\n" for number in [*range(1, 15), 3])
    assert read(text).notes[-1].startswith("turns by speaker: משתתפת 3 2, משתתפת 1 1, ")
    assert read(text).notes[-1].endswith(" and 2 more")


def test_the_notes_say_who_was_read_as_interviewer():
    assert "read as interviewer: מראיינת" in read("מראיינת: מה?\nת: כן.\n").notes
    assert any(note.startswith("no interviewer was found") for note in read("דנה: א.\nדנה: ב.\n").notes)


def test_a_text_without_words_is_refused():
    with pytest.raises(FileRefused, match=r"ראיון 1.txt: it holds no words"):
        read("---\n\n***\n")


def test_a_saying_needs_no_label_in_the_text():
    text = "רונית\tשלום לכם\n"
    reading = read_parts(PATH, text, [Saying("רונית", 6, 14, time=3.0), Line(14, 14)])
    turn = reading.transcripts[0].turns[0]
    assert (turn.speaker, reading.transcripts[0].quote(turn.span), turn.time) == ("רונית", "שלום לכם", 3.0)


@pytest.mark.parametrize("filling", [" ", "\t", ":", "[", "- ", "a ", "\u200f", "12:30 ", ".", '"', "א: "])
def test_a_line_of_any_length_takes_no_longer_than_its_length(filling):
    start = time.process_time()
    read("ש: מה?\n" + filling * 50_000 + "סוף\nת: כן\n")
    assert time.process_time() - start < 1


# -- programs' forms


OTTER = "Dana Cohen  0:03  \nHello there.\n\nרותי לוי  0:10  \nשלום לכולם.\n\n0:21  \nוהמשך.\n\nTranscribed by https://otter.ai\n"
TEAMS = (
    "ישיבה-20260615\n15 June 2026, 03:35am\n27m 42s\nNick Miller started transcription\nDana Cohen   0:03\n"
    "Hello there.\nרותי לוי   0:10\nשלום לכולם.\nרותי לוי   1:00:21\nוהמשך.\nNick Miller stopped transcription\n"
)
ZOOM = "[Dana Cohen] 10:15:03\nHello there.\n\n[רותי לוי] 10:15:10\nשלום לכולם.\n\n[רותי לוי] 10:15:21\nוהמשך.\n"


@pytest.mark.parametrize(
    ("text", "times"), [(OTTER, (3, 10, 21)), (TEAMS, (3, 10, 3621)), (ZOOM, (36903, 36910, 36921))]
)
def test_a_name_and_a_time_alone_on_a_line_are_a_label_as_otter_teams_and_zoom_write_it(text, times):
    transcript = read(text).transcripts[0]
    assert transcript.text == text
    assert [(turn.speaker, transcript.quote(turn.span), turn.time) for turn in transcript.turns] == [
        ("Dana Cohen", "Hello there.", times[0]),
        ("רותי לוי", "שלום לכולם.", times[1]),
        ("רותי לוי", "והמשך.", times[2]),
    ]


def test_one_line_that_ends_in_a_time_is_no_label():
    assert {speaker for speaker, _ in turns("מראיינת: מתי?\nרונית: כן.\nרונית: אולי.\nנפגשנו 12:30\n")} == {
        "מראיינת",
        "רונית",
    }


def test_a_time_alone_on_its_line_begins_a_turn_of_the_same_speaker():
    transcript = read("מראיינת: מה?\nרונית: א.\n[00:01:00]\nב.\n[00:02:00]\nרונית: ג.\n").transcripts[0]
    assert [(turn.speaker, transcript.quote(turn.span), turn.time) for turn in transcript.turns] == [
        ("מראיינת", "מה?", None),
        ("רונית", "א.", None),
        ("רונית", "ב.", 60),
        ("רונית", "ג.", 120),
    ]
    assert not read("ש: מה?\nת: א.\n[00:01:00]\n\nש: ב.\n").problems


def test_times_alone_part_a_text_without_speakers():
    transcript = read("0:00\nפסקה אחת.\n\n0:21\nפסקה שנייה.\nשורה.\n").transcripts[0]
    assert [(transcript.quote(turn.span), turn.time) for turn in transcript.turns] == [
        ("פסקה אחת.", 0),
        ("פסקה שנייה.\nשורה.", 21),
    ]


@pytest.mark.parametrize(
    "form", ["{n}. {label}: {said}", "{n}) {label}: {said}", "{n}\t{label}: {said}", "{n}.\t{label}:\t{said}"]
)
def test_the_number_of_a_paragraph_is_no_part_of_its_label(form):
    said = [("מראיינת", "מה?"), ("רונית", "כן."), ("רונית", "לא.")]
    text = "".join(form.format(n=n, label=label, said=what) + "\n" for n, (label, what) in enumerate(said, 1))
    assert turns(text) == said


def test_what_atrain_writes_is_read():
    text = "Transcription for a1\n\nSPEAKER_00\n[00:00:01] - מה?\n\nSPEAKER_01\n[00:00:03] - כן.\n[00:00:05] - לא.\n"
    transcript = read(text).transcripts[0]
    assert [(turn.speaker, transcript.quote(turn.span), turn.time) for turn in transcript.turns] == [
        ("SPEAKER_00", "מה?", 1),
        ("SPEAKER_01", "כן.\n[00:00:05] - לא.", 3),
    ]


@pytest.mark.parametrize(
    ("stamp", "time"),
    [("00:12", 12), ("[01:02:03:24]", 3723), ("00:00:12.3456789", 12.3456789), ("{0:12}", 12), ("<0:12>", 12)],
)
def test_more_forms_of_times_at_the_beginning_of_a_line(stamp, time):
    transcript = read(f"מראיינת: מה?\n{stamp} רונית: כן.\nרונית: לא.\n").transcripts[0]
    assert (transcript.quote(transcript.turns[1].span), transcript.turns[1].time) == ("כן.", time)


# -- answers and questions


def test_a_label_that_is_no_speaker_is_speech_like_any_other():
    text = "מראיינת: מה?\nרונית: יש שני דברים.\nשכר: מעט.\nשכר: וגם זה.\nרונית: כן.\n"
    assert {speaker for speaker, _ in turns(text)} == {"מראיינת", "רונית", "שכר"}
    assert turns(text, {"שכר": None})[1] == ("רונית", "יש שני דברים.\nשכר: מעט.\nשכר: וגם זה.")
    assert turns("מראיינת: מה?\nת: כן.\nמ: לא.\n", {"מ": None})[1] == ("ת", "כן.\nמ: לא.")


def test_a_saying_of_nobody_belongs_to_no_turn():
    text = "רונית\tשלום\nהערה\tצחוק\n"
    parts = [Saying("רונית", 6, 10), Saying("הערה", 16, 20)]
    assert len(read_parts(PATH, text, parts).transcripts[0].turns) == 2
    assert [turn.speaker for turn in read_parts(PATH, text, parts, {"הערה": None}).transcripts[0].turns] == ["רונית"]


def test_an_answer_for_one_file_goes_before_one_for_all():
    answers = {"מ": PARTICIPANT, "ראיון 1.txt:מ": INTERVIEWER, "ראיון 2:מ": None, "ת:": PARTICIPANT}
    assert for_file(PATH, answers) == {"מ": INTERVIEWER, "ת:": PARTICIPANT}
    assert for_file(Path("ראיון 2.docx"), answers)["מ"] is None


def test_every_speaker_has_a_proposal_and_all_are_open_where_nobody_interviews():
    text = "דנה: מה?\nיוסי: א.\nדנה: ולמה?\nיוסי: ב.\n"
    assert [(u.label, u.turns, u.questions, u.proposal, u.is_open) for u in usages(read(text).transcripts[0])] == [
        ("דנה", 2, 2, INTERVIEWER, True),
        ("יוסי", 2, 0, PARTICIPANT, True),
    ]
    known = usages(read(text, {"דנה": INTERVIEWER}).transcripts[0])
    assert [(usage.proposal, usage.is_open) for usage in known] == [(INTERVIEWER, False), (PARTICIPANT, False)]


def test_a_question_shows_all_speakers_and_asks_for_the_open_ones():
    with pytest.raises(AmbiguousSpeaker) as refusal:
        read("מ: מה שלומך?\nרונית: בסדר.\nמ: באמת?\nרונית: כן.\n")
    assert [(usage.label, usage.is_open) for usage in refusal.value.usages] == [("מ", True), ("רונית", False)]
    assert "רונית" not in str(refusal.value)


@pytest.mark.parametrize(("label", "said"), [("מ", '"מ=participant"'), ('ד"ר כ.', "'ד\"ר כ.=participant'")])
def test_the_option_is_quoted_for_the_command_line(label, said):
    assert option([(label, PARTICIPANT)]) == f"--speakers {said}"


LINES = st.lists(
    st.sampled_from(["מראיינת: מה?", "רונית: כן, בטח.", "רונית:", "", "  ", "סתם שורה.", "[00:01:02]", "לא.:", "🙂 ok"])
    | st.text(alphabet="אבג :.?\u200f-[]0123", max_size=12),
    min_size=1,
    max_size=25,
)


@given(LINES)
def test_turns_are_in_order_apart_trimmed_and_not_empty(rows):
    text = "\n".join(["מראיינת: התחלה", *rows])
    found = read(text).transcripts[0].turns
    assert all(before.span.end <= after.span.start for before, after in pairwise(found))
    assert all(text[turn.span.start : turn.span.end].strip() for turn in found)
    assert all(len(text[turn.span.start : turn.span.end].strip()) == len(turn.span) for turn in found)


@given(LINES)
def test_every_word_is_a_label_a_time_before_the_first_speaker_or_in_a_turn(rows):
    text = "\n".join(["ש: התחלה", *rows])
    outside = list(text)
    for turn in read(text).transcripts[0].turns:
        outside[turn.span.start : turn.span.end] = " " * len(turn.span)
    left = [line for line in "".join(outside).split("\n") if line.strip()]
    assert all(":" in line or labels.is_clock(line) or labels.plausible(labels.clean(line)) for line in left)
