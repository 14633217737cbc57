"""The worker with real processes: what it finishes, what survives a kill, and what a cancelled job leaves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from autocoder import steps, store
from autocoder.learn.fit import Settings
from autocoder.project import Coder, Project
from autocoder.review import work
from autocoder.review.job_files import results_of, uploads_of
from autocoder.review.work import Worker
from autocoder.store import Addition, Store, jobs
from autocoder.store.jobs import Job, Kind, State
from autocoder.suggest import coder_of

PATIENCE = 120.0


@pytest.fixture
def opened(tmp_path: Path, study: Project) -> Iterator[Store]:
    with store.create(tmp_path / "מחקר א", study.name, study.codebook, steps.now()) as made:
        made.add(Addition(study.transcripts, (Coder("דנה"),), study.codings))
        yield made


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, study: Project, tiny_encoder: Path) -> Path:
    """A project with a model, trained once."""
    from autocoder.learn.examples import gather
    from autocoder.learn.train import train

    folder = tmp_path_factory.mktemp("trained") / "m1"
    settings = Settings(str(tiny_encoder), epochs=1)
    train(gather(study, None), study.codebook, folder, settings, steps.now(), lambda _: None)
    return folder


def asked(opened: Store, kind: Kind, **arguments: object) -> int:
    with opened.writing() as connection:
        return jobs.add(connection, kind, arguments, "דנה", steps.now())


def job_of(opened: Store, job_id: int) -> Job:
    job = jobs.find(opened, job_id)
    assert job is not None
    return job


def until(happens: Callable[[], object], within: float = PATIENCE) -> None:
    end = time.monotonic() + within
    while not happens():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)


def ended(opened: Store, job_id: int) -> Job:
    until(lambda: not job_of(opened, job_id).is_open)
    return job_of(opened, job_id)


def much_to_precode(opened: Store, trained: Path) -> list[str]:
    """Give a project a model and many transcripts, and return their names."""
    opened.models.mkdir()
    (opened.models / "m1").symlink_to(trained, target_is_directory=True)
    many = tuple(replace(each, name=f"{each.name} {n}") for n in range(30) for each in opened.transcripts())
    opened.add(Addition(many))
    return [transcript.name for transcript in many]


def running_jobs(opened: Store) -> list[int]:
    """Return the processes that do a job of this project, children of whatever worker."""
    mine = str(opened.folder.resolve())
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            said = (process / "cmdline").read_bytes().decode().split("\0")
        except OSError:
            continue
        if mine in said and "--job" in said:
            found.append(int(process.name))
    return found


needs_proc = pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="processes are found through /proc")


def test_jobs_are_done_one_after_the_other(opened: Store, trained: Path) -> None:
    opened.models.mkdir()
    (opened.models / "m1").symlink_to(trained, target_is_directory=True)
    names = [transcript.name for transcript in opened.transcripts()]
    precode = asked(opened, Kind.PRECODE, model=None, transcripts=names[:1])
    export = asked(opened, Kind.EXPORT, ending=".qdpx", transcripts=[], only_confirmed=False)
    with Worker(opened.folder):
        done = [ended(opened, job_id) for job_id in (precode, export)]
    assert [job.state for job in done] == [State.DONE, State.DONE]
    assert done[0].finished is not None
    assert done[1].started is not None
    assert done[0].finished <= done[1].started
    assert opened.precoded(coder_of("m1").name) == {names[0]}
    assert "לימוד.qdpx" in done[1].result["files"]
    assert all((results_of(opened.folder, export) / name).is_file() for name in done[1].result["files"])


@needs_proc
def test_a_cancelled_training_stops_within_two_seconds_and_leaves_no_half_model(
    opened: Store, tiny_encoder: Path
) -> None:
    job_id = asked(opened, Kind.TRAIN, coder=None, encoder=str(tiny_encoder))
    with Worker(opened.folder):
        until(lambda: job_of(opened, job_id).share > 0)
        begun = time.monotonic()
        jobs.cancel(opened, job_id, "דנה", steps.now())
        until(lambda: not job_of(opened, job_id).is_open)
        assert time.monotonic() - begun < 2
        until(lambda: not results_of(opened.folder, job_id).exists(), 2)
        assert not running_jobs(opened)
    assert job_of(opened, job_id).state is State.CANCELLED
    assert list(opened.models.iterdir()) == []


@needs_proc
def test_precoding_goes_on_where_it_stopped_after_worker_and_process_are_killed(
    opened: Store, trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "AGAIN", 0.1)
    coder, names = coder_of("m1").name, much_to_precode(opened, trained)
    job_id = asked(opened, Kind.PRECODE, model="m1", transcripts=names)
    with Worker(opened.folder) as worker:
        until(lambda: opened.precoded(coder))
        first = worker.pid
        os.kill(first, signal.SIGKILL)
        until(lambda: not running_jobs(opened), 30)  # the process sees that its parent is gone
        before = opened.precoded(coder)
        made = [coding for coding in opened.codings() if coding.coder == coder]
        assert 0 < len(before) < len(names), "it was not in the middle"
        assert job_of(opened, job_id).state is State.RUNNING
        done = ended(opened, job_id)
        assert worker.pid != first
    assert (done.state, done.attempts) == (State.DONE, 2)
    assert set(done.result["suggestions"]) == set(names) - before
    assert opened.precoded(coder) == set(names)
    after = [coding for coding in opened.codings() if coding.coder == coder]
    assert [coding for coding in after if coding.transcript in before] == made


@needs_proc
def test_the_worker_ends_with_a_killed_server_and_the_next_server_goes_on(opened: Store, trained: Path) -> None:
    coder, names = coder_of("m1").name, much_to_precode(opened, trained)
    job_id = asked(opened, Kind.PRECODE, model="m1", transcripts=names)
    code = (
        "import sys, time; from pathlib import Path; from autocoder.review.work import Worker\n"
        "with Worker(Path(sys.argv[1])) as worker: print(worker.pid, flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(opened.folder)], stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        worker = int(server.stdout.readline())
        until(lambda: opened.precoded(coder))
        server.kill()
    until(lambda: not Path(f"/proc/{worker}").exists() and not running_jobs(opened), 30)
    assert 0 < len(opened.precoded(coder)) < len(names), "it was not in the middle"
    assert job_of(opened, job_id).state is State.WAITING  # the worker could still put it back
    with Worker(opened.folder):
        assert ended(opened, job_id).state is State.DONE
    assert opened.precoded(coder) == set(names)


def test_a_refused_file_changes_nothing_and_its_sentence_is_kept(opened: Store) -> None:
    job_id = asked(opened, Kind.PLAN, upload=1, files=["נתונים.exe"], answers={}, word_codes=False)
    folder = uploads_of(opened.folder, 1)
    folder.mkdir(parents=True)
    (folder / "נתונים.exe").write_bytes(b"MZ")
    before = opened.summary()
    with Worker(opened.folder):
        done = ended(opened, job_id)
        until(lambda: not folder.exists(), 5)
    assert done.state is State.FAILED
    assert done.message.startswith("נתונים.exe: files ending in .exe are not read;")
    assert opened.summary() == before


def test_a_fault_of_the_program_fails_the_job_without_its_words(
    opened: Store, capfd: pytest.CaptureFixture[str]
) -> None:
    job_id = asked(opened, Kind.EXPORT, nothing="that is expected")
    with Worker(opened.folder):
        done = ended(opened, job_id)
    assert done.state is State.FAILED
    assert "a fault of autocoder" in done.message
    assert "KeyError" in capfd.readouterr().err
