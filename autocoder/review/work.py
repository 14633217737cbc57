"""The worker beside the page: takes one job after the other and has each done by a process of its own.

A process for each job gives its memory back, may be stopped in the middle of anything, and takes nobody with it when it
dies; all that it writes is either one transaction or in the job's own folder, which is swept when it does not end well.
Worker and process each read their standard input, whose other end their parent holds: when it closes, the parent is
gone and they end. That works on every system, also after ``kill -9``.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from autocoder.errors import AutocoderError
from autocoder.review.job_files import forget, sweep
from autocoder.steps import now, open_project
from autocoder.store import Store, jobs
from autocoder.store.jobs import Job, JobLost, Kind, Order, State

PAUSE = 0.5
"""Seconds between two looks at the job table."""
AGAIN = 2.0
"""Seconds before a worker that ended is started again."""
LAST_SECONDS = 30.0
"""How long a process may go on after its job is done."""
PARENT_GONE = 3
BEHIND = 5
"""How far a job stands back behind the page, in the steps of ``nice``."""


def _command(folder: Path, job: int | None = None) -> subprocess.Popen[bytes]:
    """Start this module in a process that Ctrl-C in the terminal does not reach; the page goes before one for a job."""
    command = [sys.executable, "-m", "autocoder.review.work", str(folder), *(["--job", str(job)] if job else [])]
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | (subprocess.BELOW_NORMAL_PRIORITY_CLASS if job else 0)
        return subprocess.Popen(command, stdin=subprocess.PIPE, creationflags=flags)  # noqa: S603
    return subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)  # noqa: S603


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    if process.stdin is not None:
        process.stdin.close()


class Worker:
    """The worker of a server, for as long as its ``with`` statement; started again when it dies."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stopping = threading.Event()
        self._process = self._start()
        self._keeper = threading.Thread(target=self._keep, name="keeper of the worker", daemon=True)

    def __enter__(self) -> Worker:
        self._keeper.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Close the worker's input, so that it puts its job back, and wait for it; kill one that does not end."""
        self._stopping.set()
        self._keeper.join()
        try:
            self._process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            _end(self._process)

    @property
    def pid(self) -> int:
        """The process that works at present."""
        return self._process.pid

    def _start(self) -> subprocess.Popen[bytes]:
        return _command(self._folder.resolve())

    def _keep(self) -> None:
        while not self._stopping.wait(PAUSE):
            if self._process.poll() is not None and not self._stopping.wait(AGAIN):
                _end(self._process)
                self._process = self._start()


def serve(folder: Path, gone: threading.Event, worker: str) -> None:
    """Do one job after the other until the parent is gone."""
    with open_project(folder) as store:
        while not gone.wait(PAUSE):
            for broken in jobs.take_back(store, now()):
                _clean(store, broken)
            job = jobs.claim(store, worker, now())
            if job is not None:
                attend(store, job, gone)


def attend(store: Store, job: Job, gone: threading.Event) -> None:
    """Have a job done by a process of its own; stop that when it is cancelled or taken over, or the parent is gone."""
    process = _command(store.folder, job.id)
    order, code = Order.GO_ON, None
    while order is Order.GO_ON and code is None and not gone.is_set():
        try:
            code = process.wait(PAUSE)
        except subprocess.TimeoutExpired:
            order = jobs.beat(store, job, now())
    if order is Order.LOST and _has_ended(store, job):
        _let_end(process)  # it said so itself, and may still have lists to write
    _end(process)
    _settle(store, job, order, code)


def _has_ended(store: Store, job: Job) -> bool:
    there = jobs.find(store, job.id)
    return there is not None and not there.is_open


def _let_end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(LAST_SECONDS)
    except subprocess.TimeoutExpired:
        return


def _settle(store: Store, job: Job, order: Order, code: int | None) -> None:
    """Say what became of a job whose process has ended, unless that said so itself, and clean up after it."""
    if order is Order.CANCEL:
        jobs.stop(store, job, now())
    elif order is Order.GO_ON and code is None:
        jobs.release(store, job)
    elif code is not None and code > 0:
        sentence = "it came upon a fault of autocoder; the window in which autocoder review runs says more, report it."
        jobs.fail(store, job, sentence, now())
    elif code is not None:
        jobs.broke_off(store, job, now())
    there = jobs.find(store, job.id)
    if there is not None and (order is not Order.LOST or not there.is_open):  # another worker may be at it
        _clean(store, there)


def _clean(store: Store, job: Job) -> None:
    """Sweep what a job left that is not done; files that came for an import which was refused go too."""
    if job.state is State.DONE:
        return
    sweep(store.folder, job.id)
    if job.kind is Kind.PLAN and not job.is_open:
        forget(store.folder, job.arguments["upload"])


class _Teller:
    """Tells the job table how far a job is, now and then."""

    def __init__(self, store: Store, job: Job) -> None:
        self._store, self._job, self._told = store, job, 0.0

    def __call__(self, share: float, message: str) -> None:
        if time.monotonic() - self._told > PAUSE:
            self._told = time.monotonic()
            jobs.tell(self._store, self._job, share, message)


def do(folder: Path, job_id: int) -> None:
    """Do a job that was claimed; what a person can mend becomes its one sentence."""
    from autocoder.review.tasks import TASKS  # what they need is large, and the worker that waits does without

    with open_project(folder) as store:
        job = jobs.find(store, job_id)
        if job is None or job.state is not State.RUNNING:
            return
        try:
            done = TASKS[job.kind](store, job, _Teller(store, job))
            if done is not None:
                with store.writing() as connection:
                    jobs.finish(connection, job, done.result, done.about, now())
        except JobLost:
            return
        except AutocoderError as fault:
            jobs.fail(store, job, str(fault), now())
        except MemoryError:
            jobs.fail(store, job, "the memory does not suffice; close other programs and start it again.", now())
        except OSError as fault:
            jobs.fail(
                store, job, f"the disk refuses ({fault.strerror or fault}); free space and start it again.", now()
            )


def when_parent_is_gone(act: Callable[[], object]) -> None:
    """Act once the other end of the standard input is closed, which happens however the parent ends."""

    def watch() -> None:
        while os.read(sys.stdin.fileno(), 4096):  # not through the buffer, whose lock would be missed at the end
            pass
        act()

    threading.Thread(target=watch, name="watch on the parent", daemon=True).start()


def main() -> None:
    """Work for a project, or do one job of it."""
    parser = argparse.ArgumentParser(prog="autocoder.review.work")
    parser.add_argument("project", type=Path)
    parser.add_argument("--job", type=int)
    said = parser.parse_args()
    if said.job is not None:
        if sys.platform != "win32":
            os.nice(BEHIND)
        when_parent_is_gone(lambda: os._exit(PARENT_GONE))
        do(said.project, said.job)
        return
    gone = threading.Event()
    when_parent_is_gone(gone.set)
    serve(said.project, gone, f"{os.getpid()} {uuid.uuid4().hex[:12]}")


if __name__ == "__main__":
    main()
