"""The page of jobs as a lead and a coder meet it; the worker's process is left out, its tasks run here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from autocoder import store
from autocoder.project import Coder, CoderKind, Project
from autocoder.review import blind, uploads
from autocoder.review.blind import BlindAnswer
from autocoder.review.job_files import results_of, uploads_of
from autocoder.review.reviewer import Reviewer, Role
from autocoder.review.work import do
from autocoder.steps import now
from autocoder.store import Addition, Store, audit, jobs
from autocoder.store import schema as t
from autocoder.store.jobs import Job, Kind, State

AT = "2026-03-01T10:00:00+00:00"
INTERVIEW = "\n".join(f"{who}: {said}" for who, said in [("מ", "מה שלומך היום?"), ("ר", "טוב מאוד, תודה.")] * 3)
CLEAR = INTERVIEW.replace("מ:", "מראיינת:").replace("ר:", "רחל:")
Browser = Callable[..., TestClient]


@pytest.fixture
def opened(tmp_path: Path, double_coded: Project) -> Iterator[Store]:
    with store.create(tmp_path / "p", double_coded.name, double_coded.codebook, AT) as made:
        made.add(Addition(double_coded.transcripts, double_coded.coders, double_coded.codings))
        for name in ("t3", "t4", "t5"):
            mine = [each for each in double_coded.codings if each.coder == "autocoder m1" and each.transcript == name]
            made.add_suggestions(Coder("autocoder m1", CoderKind.MODEL), name, mine)
        yield made


@pytest.fixture
def lead(opened: Store, signed_in: Browser) -> TestClient:
    return signed_in(opened, "דנה")


def work_off(opened: Store) -> Job:
    """Do the job that waits, as the worker's process does, and return it as it is then."""
    job = jobs.claim(opened, "here", now())
    assert job is not None
    do(opened.folder, job.id)
    done = jobs.find(opened, job.id)
    assert done is not None
    return done


def send(client: TestClient, *files: tuple[str, str], **fields: str) -> str:
    chosen = [("files", (name, text.encode(), "text/plain")) for name, text in files]
    answer = client.post("/jobs/import", files=chosen, data=fields)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def test_only_a_lead_comes_to_the_jobs(opened: Store, signed_in: Browser) -> None:
    coder = signed_in(opened, "אבי", Role.CODER, team=True)
    with opened.writing() as connection:
        job_id = jobs.add(connection, Kind.EXPORT, {}, "דנה", AT)
    for path in ("/jobs", f"/jobs/{job_id}", f"/jobs/{job_id}/file/a", f"/jobs/{job_id}/page/a"):
        assert coder.get(path).status_code == 403, path
    posts = ("import", "train", "precode", "agreement", "export")
    for path in (*posts, *(f"{job_id}/{deed}" for deed in ("answers", "confirm", "discard", "cancel"))):
        assert coder.post(f"/jobs/{path}", data={"ending": ".qdpx"}).status_code == 403, path
    assert [job.state for job in jobs.latest(opened, 9)] == [State.WAITING]


def test_files_are_read_first_and_nothing_changes_before_somebody_confirms(opened: Store, lead: TestClient) -> None:
    before = opened.summary()
    place = send(lead, ("ריאיון חדש.txt", CLEAR))
    planned = work_off(opened)
    assert planned.state is State.DONE, planned.message
    assert opened.summary() == before
    shown = lead.get(place).text
    assert "ריאיון חדש.txt" in shown
    assert "לייבא כך" in shown
    then = lead.post(f"{place}/confirm").headers["location"]
    assert work_off(opened).state is State.DONE
    assert opened.summary().transcripts == before.transcripts + 1
    assert "הייבוא הסתיים" in lead.get(then).text
    steps = [(each.who, each.what, each.about["step"], each.about["kind"]) for each in audit.entries(opened)]
    assert steps == [("דנה", "import", step, kind) for kind in ("plan", "import") for step in ("asked for", "done")]


def test_a_speaker_who_is_not_clear_is_asked_about_and_the_answer_counts(opened: Store, lead: TestClient) -> None:
    place = send(lead, ("שיחה.txt", INTERVIEW))
    asked = work_off(opened)
    assert [question["file"] for question in asked.result["questions"]] == ["שיחה.txt"]
    labels = [usage["label"] for usage in asked.result["questions"][0]["usages"]]
    assert labels == ["מ", "ר"]
    shown = lead.get(place).text
    assert 'name="role-0-0"' in shown
    assert lead.post(f"{place}/confirm").status_code == 400
    wrong = lead.post(f"{place}/answers", data={"role-0-0": "boss"})
    assert wrong.status_code == 400
    again = lead.post(f"{place}/answers", data={"role-0-0": "participant", "role-0-1": "interviewer"})
    assert work_off(opened).result["new"]["transcripts"] == 1
    lead.post(f"{again.headers['location']}/confirm")
    assert work_off(opened).state is State.DONE
    new = next(each for each in opened.transcripts() if each.name == "שיחה")
    assert {turn.speaker: turn.role.value for turn in new.turns} == {"מ": "participant", "ר": "interviewer"}


def test_a_plan_that_would_now_do_something_else_is_not_done(opened: Store, lead: TestClient) -> None:
    place = send(lead, ("חדש.txt", CLEAR))
    work_off(opened)
    lead.post(f"{place}/confirm")
    for file in uploads_of(opened.folder, 1).iterdir():
        file.write_text(CLEAR + "\nרחל: ועוד משהו.", encoding="utf-8")
    before = opened.summary()
    job = work_off(opened)
    assert job.state is State.FAILED
    assert "since the plan was shown" in job.message
    assert opened.summary() == before


def test_codings_without_a_place_are_left_out_only_when_somebody_says_so(opened: Store, lead: TestClient) -> None:
    rows = "\n".join(["Document name,Code,Segment,Coder", "t0,שכר,משפט שאיש לא אמר מעולם בשום ריאיון,נועה"])
    place = send(lead, ("קידוד.csv", rows))
    planned = work_off(opened)
    assert planned.state is State.DONE, planned.message
    assert planned.result["unplaced"] == 1
    assert lead.post(f"{place}/confirm").status_code == 400
    assert lead.post(f"{place}/confirm", data={"leave_out": "yes"}).status_code == 303
    assert work_off(opened).state is State.DONE


def test_discarded_files_are_gone(opened: Store, lead: TestClient) -> None:
    place = send(lead, ("חדש.txt", CLEAR))
    work_off(opened)
    assert uploads_of(opened.folder, 1).is_dir()
    assert lead.post(f"{place}/discard").status_code == 303
    assert not uploads_of(opened.folder, 1).exists()
    assert lead.post(f"{place}/confirm").status_code == 400


def test_a_path_in_an_uploaded_name_leads_nowhere(opened: Store, lead: TestClient) -> None:
    settings = (opened.folder / "autocoder.toml").read_bytes()
    send(lead, ("../../autocoder.toml", "name = 'x'"), ("..\\..\\..\\evil.txt", CLEAR))
    names = sorted(path.name for path in uploads_of(opened.folder, 1).iterdir())
    assert names == ["autocoder.toml", "evil.txt"]
    assert (opened.folder / "autocoder.toml").read_bytes() == settings
    assert not (opened.folder.parent / "evil.txt").exists()
    job = work_off(opened)
    assert job.message.startswith("autocoder.toml: files ending in .toml are not read;")


def test_too_much_at_once_is_refused_in_words_and_leaves_nothing(
    opened: Store, lead: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads.receive, "__defaults__", (10_000,))
    answer = lead.post("/jobs/import", files=[("files", ("a.txt", b"x" * 20_000, "text/plain"))])
    assert answer.status_code == 413
    assert "שהם המרב לשליחה אחת" in answer.text
    assert jobs.latest(opened, 1) == ()
    assert list((opened.folder / "uploads").iterdir()) == []


def test_markup_in_names_stays_text(opened: Store, lead: TestClient) -> None:
    place = send(lead, ("<script>alert(1)<.txt", CLEAR.replace("רחל", "<b>רחל</b>")))
    work_off(opened)
    shown = lead.get(place).text
    assert "<script>alert" not in shown
    assert "<b>רחל" not in shown
    assert "_script_alert(1)_.txt" in shown


def test_a_refusal_is_one_sentence_on_the_page(opened: Store, lead: TestClient) -> None:
    place = send(lead, ("תמונה.png", "x"))
    assert work_off(opened).state is State.FAILED
    assert "תמונה.png: אי אפשר לקרוא קובץ שסופו \u2068.png\u2069; אפשר לשמור אותו" in lead.get(place).text
    lead.cookies.set("look", "en.light.100")
    assert "תמונה.png: files ending in .png are not read; save it as" in lead.get(place).text
    lead.cookies.delete("look")
    assert "נכשל" in lead.get("/jobs").text


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("export", {"ending": ".exe"}),
        ("export", {"ending": "/../../x.qdpx"}),
        ("export", {}),
        ("agreement", {"margin": "5"}),
        ("agreement", {"margin": "nan"}),
        ("agreement", {"margin": "אחד"}),
        ("agreement", {"unit": "page"}),
    ],
)
def test_a_form_that_asks_for_what_cannot_be_done_adds_no_job(
    opened: Store, lead: TestClient, path: str, form: dict[str, str]
) -> None:
    assert lead.post(f"/jobs/{path}", data=form).status_code == 400
    assert jobs.latest(opened, 1) == ()


def test_no_figure_of_a_model_is_made_before_the_margin_is_fixed(opened: Store, lead: TestClient) -> None:
    lead.post("/jobs/agreement", data={})
    refused = work_off(opened)
    assert refused.state is State.FAILED
    assert "give the margin first" in refused.message
    assert opened.margin() is None
    assert not results_of(opened.folder, refused.id).exists()
    people = lead.post("/jobs/agreement", data={"coder": ["דנה", "אבי"]}).headers["location"]
    assert work_off(opened).state is State.DONE
    assert "autocoder m1" not in lead.get(f"{people}/page/agreement.html").text
    assert opened.margin() is None
    lead.post("/jobs/agreement", data={"margin": "0,05"})
    assert work_off(opened).state is State.DONE
    fixed = opened.margin()
    assert fixed is not None
    assert (fixed.value, fixed.looked) == (0.05, "")
    assert 'name="margin"' not in lead.get("/jobs").text


def test_the_report_is_shown_where_nothing_of_it_can_run_and_kept_as_files(opened: Store, lead: TestClient) -> None:
    place = lead.post("/jobs/agreement", data={"coder": ["דנה", "אבי"]}).headers["location"]
    work_off(opened)
    page = lead.get(f"{place}/page/agreement.html")
    policy = page.headers["content-security-policy"]
    assert policy.startswith("sandbox; default-src 'none';")
    assert "allow-scripts" not in policy
    assert "script-src" not in policy
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["x-content-type-options"] == "nosniff"
    assert "<style>" in page.text
    kept = lead.get(f"{place}/file/agreement.xlsx")
    assert kept.content[:2] == b"PK"
    assert kept.headers["content-disposition"] == 'attachment; filename="agreement.xlsx"'
    assert lead.get(f"{place}/page/agreement.xlsx").status_code == 404


def test_an_export_is_read_back_and_comes_as_a_download_that_nothing_opens(opened: Store, lead: TestClient) -> None:
    place = lead.post("/jobs/export", data={"ending": ".qdpx"}).headers["location"]
    done = work_off(opened)
    assert done.state is State.DONE, done.message
    assert "לימוד.qdpx" in done.result["files"]
    assert done.result["compared"]["codings"] > 50
    assert f"קידודים <bdi>{done.result['compared']['codings']}</bdi>" in lead.get(place).text
    assert "לימוד.qdpx" in lead.get(place).text
    file = lead.get(f"{place}/file/לימוד.qdpx")
    assert file.content[:2] == b"PK"
    assert file.headers["content-type"] == "application/octet-stream"
    assert file.headers["content-disposition"].startswith("attachment; filename*=utf-8''")
    assert file.headers["content-security-policy"].startswith("sandbox;")


def test_agreement_and_export_say_whose_blind_coding_is_not_in_them(opened: Store, lead: TestClient) -> None:
    people = {"coder": ["דנה", "אבי"]}
    asked = {
        "agreement": people,
        "export": {"ending": ".csv"},
        "export of another": {"ending": ".csv", "transcript": "t0"},
    }
    before = {}
    for name, form in asked.items():
        before[name] = lead.post(f"/jobs/{name.split()[0]}", data=form).headers["location"]
        assert work_off(opened).state is State.DONE
    blind.code(opened, Reviewer("אבי"), "t5", 1, BlindAnswer(("pay",)), AT)
    after = {}
    for name, form in asked.items():
        after[name] = lead.post(f"/jobs/{name.split()[0]}", data=form).headers["location"]
        assert work_off(opened).state is State.DONE
    told = "<li><bdi>אבי</bdi>: <bdi>t5</bdi></li>"
    assert [told in lead.get(place).text for place in before.values()] == [False, False, False]
    assert [told in lead.get(place).text for place in after.values()] == [True, True, False]


def test_a_page_of_an_older_job_is_shown_as_it_was_made(opened: Store, lead: TestClient) -> None:
    place = lead.post("/jobs/export", data={"ending": ".csv"}).headers["location"]
    done = work_off(opened)
    older = {name: value for name, value in done.result.items() if name != "left_out"} | {"compared": "5 codings"}
    with opened.writing() as connection:
        connection.execute(sa.update(t.job).where(t.job.c.id == done.id).values(result=older))
    assert lead.get(place).status_code == 200


def test_an_export_of_several_documents_comes_as_one_archive(opened: Store, lead: TestClient) -> None:
    place = lead.post("/jobs/export", data={"ending": ".docx", "transcript": ["t0", "t1"]}).headers["location"]
    done = work_off(opened)
    assert done.result["files"] == ["לימוד.zip"]
    assert lead.get(f"{place}/file/לימוד.zip").content[:2] == b"PK"


@pytest.mark.parametrize("name", ["..%2f..%2fproject.db", "%2e%2e/%2e%2e/project.db", "project.db", "x.html"])
def test_only_the_files_that_a_job_made_are_given(opened: Store, lead: TestClient, name: str) -> None:
    place = lead.post("/jobs/agreement", data={"coder": ["דנה", "אבי"]}).headers["location"]
    work_off(opened)
    for way in ("file", "page"):
        assert lead.get(f"{place}/{way}/{name}").status_code == 404


def test_progress_comes_as_a_part_until_the_job_ends_and_then_the_whole_of_it(opened: Store, lead: TestClient) -> None:
    place = lead.post("/jobs/export", data={"ending": ".csv"}).headers["location"]
    job = jobs.claim(opened, "here", now())
    assert job is not None
    jobs.tell(opened, job, 0.4, "2/5")
    whole, part = lead.get(place).text, lead.get(place, headers={"hx-request": "true"})
    assert "<noscript>" in whole
    assert "<html" in whole
    assert "<html" not in part.text
    assert 'value="0.400"' in part.text
    assert "40%" in part.text
    assert 'hx-trigger="every 1s"' in part.text
    do(opened.folder, job.id)
    ended = lead.get(place, headers={"hx-request": "true"})
    assert ended.headers["hx-retarget"] == "#job"
    assert "hx-trigger" not in ended.text


def test_a_job_is_cancelled_with_and_without_a_script(opened: Store, lead: TestClient) -> None:
    first = lead.post("/jobs/export", data={"ending": ".csv"}).headers["location"]
    second = lead.post("/jobs/export", data={"ending": ".csv"}).headers["location"]
    assert lead.post(f"{first}/cancel").headers["location"] == first
    part = lead.post(f"{second}/cancel", headers={"hx-request": "true"})
    assert "בוטל; לא נוצר קובץ" in part.text
    assert [job.state for job in jobs.latest(opened, 2)] == [State.CANCELLED] * 2


def test_the_page_says_who_asked_for_what_and_when_in_both_languages(lead: TestClient) -> None:
    lead.post("/jobs/train", data={"coder": "דנה"})
    shown = lead.get("/jobs").text
    assert "אימון מודל" in shown
    assert "<bdi>דנה</bdi>" in shown
    lead.cookies.set("look", "en.system.100")
    assert "Training" in lead.get("/jobs").text
    assert lead.get("/jobs/99").status_code == 404
