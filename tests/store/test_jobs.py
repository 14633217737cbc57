from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from autocoder import store
from autocoder.project import Project
from autocoder.store import Store, audit, jobs
from autocoder.store.jobs import JobLost, Kind, Order, State

AT = "2026-03-01T10:00:00+00:00"
LATER = "2026-03-01T10:05:00+00:00"


@pytest.fixture
def opened(tmp_path: Path, project: Project) -> Iterator[Store]:
    with store.create(tmp_path / "p", project.name, project.codebook, AT) as made:
        yield made


def asked(opened: Store, kind: Kind = Kind.TRAIN) -> int:
    with opened.writing() as connection:
        return jobs.add(connection, kind, {"coder": None}, "דנה", AT)


def state_of(opened: Store, job_id: int) -> State:
    job = jobs.find(opened, job_id)
    assert job is not None
    return job.state


def test_a_job_waits_runs_and_is_done_and_the_audit_log_says_so(opened: Store) -> None:
    job_id = asked(opened)
    job = jobs.claim(opened, "w1", AT)
    assert job is not None
    assert (job.id, job.state, job.attempts) == (job_id, State.RUNNING, 1)
    jobs.tell(opened, job, 0.25, "1/4")
    told = jobs.find(opened, job_id)
    assert told is not None
    assert (told.share, told.message) == (0.25, "1/4")
    with opened.writing() as connection:
        jobs.finish(connection, job, {"model": "m1"}, {"model": "m1"}, LATER)
    done = jobs.find(opened, job_id)
    assert done is not None
    assert (done.state, done.result, done.finished) == (State.DONE, {"model": "m1"}, LATER)
    entries = list(audit.entries(opened))
    assert [(each.who, each.what, each.about["step"]) for each in entries] == [
        ("דנה", "train", "asked for"),
        ("דנה", "train", "done"),
    ]
    assert audit.verify(opened).whole


def test_the_job_that_waits_longest_is_taken_first(opened: Store) -> None:
    first, second = asked(opened), asked(opened, Kind.EXPORT)
    taken = [jobs.claim(opened, "w1", AT) for _ in range(3)]
    assert [job.id if job else None for job in taken] == [first, second, None]


def claimed_at_once(opened: Store, workers: int) -> list[int]:
    """Have many workers ask at the same moment, and return the ids of the jobs that they got."""
    start, got = threading.Barrier(workers), []

    def work(name: str) -> None:
        start.wait()
        got.append(jobs.claim(opened, name, AT))

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(job.id for job in got if job)


def test_twelve_workers_at_once_never_get_the_same_job(opened: Store) -> None:
    ids = [asked(opened) for _ in range(6)]
    assert claimed_at_once(opened, 12) == ids


def test_a_job_lives_the_same_life_on_postgresql(tmp_path: Path, project: Project, postgres: str) -> None:
    with store.create(tmp_path / "p", project.name, project.codebook, AT, postgres) as opened:
        ids = [asked(opened) for _ in range(6)]
        got = claimed_at_once(opened, 12)
        assert len(set(got)) == len(got)
        for left in iter(lambda: jobs.claim(opened, "w1", AT), None):
            got.append(left.id)
        assert sorted(got) == ids
        first, second, third, *rest = (job for job in (jobs.find(opened, job_id) for job_id in ids) if job)
        with opened.writing() as connection:
            jobs.finish(connection, first, {"model": "m1"}, {}, LATER)
        jobs.cancel(opened, second.id, "יוסי", AT)
        assert jobs.beat(opened, second, AT) is Order.CANCEL
        jobs.stop(opened, second, LATER)
        jobs.fail(opened, third, "מקום", LATER)
        assert [job.id for job in jobs.take_back(opened, LATER)] == [job.id for job in rest]
        states = [state_of(opened, job_id) for job_id in ids]
        assert states == [State.DONE, State.CANCELLED, State.FAILED, *[State.WAITING] * 3]
        assert audit.verify(opened).whole


def test_a_job_that_waits_is_cancelled_at_once_and_one_that_runs_is_asked_to_stop(opened: Store) -> None:
    running, waiting = asked(opened), asked(opened)
    job = jobs.claim(opened, "w1", AT)
    assert job is not None
    assert jobs.beat(opened, job, AT) is Order.GO_ON
    for job_id in (running, waiting):
        jobs.cancel(opened, job_id, "יוסי", AT)
    assert (state_of(opened, running), state_of(opened, waiting)) == (State.RUNNING, State.CANCELLED)
    assert jobs.beat(opened, job, AT) is Order.CANCEL
    jobs.stop(opened, job, LATER)
    assert state_of(opened, running) is State.CANCELLED
    assert "cancel asked for" in [each.about["step"] for each in audit.entries(opened) if each.who == "יוסי"]


def test_a_job_of_a_worker_that_lives_is_left_alone_and_one_of_a_silent_worker_waits_again(opened: Store) -> None:
    job_id = asked(opened)
    job = jobs.claim(opened, "w1", AT)
    assert job is not None
    assert jobs.take_back(opened, "2026-03-01T10:00:09+00:00") == ()
    assert [each.id for each in jobs.take_back(opened, LATER)] == [job_id]
    assert state_of(opened, job_id) is State.WAITING


def test_a_worker_that_wakes_up_after_its_job_was_taken_over_can_neither_end_nor_write_it(
    opened: Store,
) -> None:
    asked(opened)
    slept = jobs.claim(opened, "w1", AT)
    assert slept is not None
    jobs.take_back(opened, LATER)
    second = jobs.claim(opened, "w2", LATER)
    assert second is not None
    assert jobs.beat(opened, slept, LATER) is Order.LOST
    jobs.fail(opened, slept, "never seen", LATER)

    def write_and_finish() -> None:
        with opened.writing() as connection:
            connection.execute(sa.text("UPDATE codebook SET change = 'written by the one that slept'"))
            jobs.finish(connection, slept, {}, {}, LATER)

    with pytest.raises(JobLost):
        write_and_finish()
    assert state_of(opened, second.id) is State.RUNNING
    with opened.reading() as connection:
        assert "slept" not in connection.scalars(sa.text("SELECT change FROM codebook")).one()
    with opened.writing() as connection:
        jobs.finish(connection, second, {}, {}, LATER)


def test_a_job_broken_off_three_times_fails_with_the_remedy(opened: Store) -> None:
    job_id = asked(opened)
    for _ in range(jobs.MOST_ATTEMPTS):
        job = jobs.claim(opened, "w1", AT)
        assert job is not None
        jobs.broke_off(opened, job, LATER)
    failed = jobs.find(opened, job_id)
    assert failed is not None
    assert failed.state is State.FAILED
    assert "broken off 3 times" in failed.message
    assert "close other programs and start it again" in failed.message


def test_a_worker_told_to_stop_puts_its_job_back_without_counting_the_attempt(opened: Store) -> None:
    asked(opened)
    for _ in range(jobs.MOST_ATTEMPTS + 2):
        job = jobs.claim(opened, "w1", AT)
        assert job is not None
        assert job.attempts == 1
        jobs.release(opened, job)


def test_a_job_that_was_to_be_cancelled_when_its_worker_died_is_cancelled(opened: Store) -> None:
    job_id = asked(opened)
    jobs.claim(opened, "w1", AT)
    jobs.cancel(opened, job_id, "דנה", AT)
    jobs.take_back(opened, LATER)
    assert state_of(opened, job_id) is State.CANCELLED


def test_the_list_holds_the_newest_jobs_first(opened: Store) -> None:
    ids = [asked(opened) for _ in range(4)]
    assert [job.id for job in jobs.latest(opened, 3)] == ids[:0:-1]
