"""The page of long work: import, train, pre-code, report agreement, export; for leads alone.

A job is asked for here and done by the worker (``work``); this page shows how far it is, and what came of it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route

from autocoder import steps
from autocoder.compare import Unit
from autocoder.errors import AutocoderError
from autocoder.export import WRITABLE
from autocoder.project import CoderKind, Role
from autocoder.review.job_files import forget, results_of, uploads_of
from autocoder.review.pages import Look, page, wants_part
from autocoder.review.people import lead_of
from autocoder.review.reviewer import Reviewer, store_of
from autocoder.review.uploads import MOST_BYTES, Upload, UploadRefused, receive, receiving
from autocoder.store import Store, jobs, passages
from autocoder.store.jobs import Job, Kind, State

LISTED = 30
LIMITS = {"/jobs/import": 2 * MOST_BYTES}
"""What the guard lets through to the form that takes files, which refuses in words whatever is above its own cap."""
NO_SPEAKER = "none"
SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
"""For what a browser shows of a file: nothing of it runs, nothing is fetched, and it belongs to no site."""


class AskedWrongly(AutocoderError):
    """A form that asks for what cannot be done."""


async def overview(request: Request) -> Response:
    """Show what can be started and the last jobs."""
    lead_of(request)
    return await _overview(request)


async def _overview(request: Request, status: int = 200, sentence: str = "") -> Response:
    store = store_of(request)
    values = await run_in_threadpool(_choices, store)
    return page(request, "jobs/all.html", status, sentence=sentence, **values)


def _choices(store: Store) -> Mapping[str, object]:
    coders = store.coders()
    return {
        "last": jobs.latest(store, LISTED),
        "coders": coders,
        "people": [coder.name for coder in coders if coder.kind is CoderKind.HUMAN],
        "models": [folder.name for folder in reversed(steps.model_folders(store))],
        "transcripts": passages.names(store),
        "margin": store.margin(),
        "units": list(Unit),
        "endings": WRITABLE,
        "megabytes": MOST_BYTES // 1024**2,
    }


async def one(request: Request) -> Response:
    """Show a job: how far it is, or what came of it."""
    lead_of(request)
    job = await run_in_threadpool(_job, request)
    if not wants_part(request):
        return page(request, "jobs/one.html", job=job)
    if job.is_open:
        return page(request, "jobs/far.html", job=job)
    ended = page(request, "jobs/part.html", job=job)
    ended.headers["HX-Retarget"] = "#job"
    return ended


def _job(request: Request) -> Job:
    job = jobs.find(store_of(request), request.path_params["id"])
    if job is None:
        raise HTTPException(404)
    return job


# asking for a job


async def take_files(request: Request) -> Response:
    """Keep the files that come, and have them read; nothing of the study changes before somebody confirms."""
    lead, store = lead_of(request), store_of(request)
    try:
        with receiving(store.folder) as folder:
            upload = await receive(request, folder)
            job_id = await run_in_threadpool(_keep, store, upload, lead)
    except UploadRefused as refusal:
        return await _overview(request, 413 if refusal.too_large else 400, str(refusal))
    return _to(job_id)


def _keep(store: Store, upload: Upload, lead: Reviewer) -> int:
    """Add the job and put its files where it looks for them, both or neither."""
    word_codes = upload.fields.get("word_codes") == "yes"
    with store.writing() as connection:
        arguments = {"files": list(upload.files), "answers": {}, "word_codes": word_codes}
        job_id = jobs.add(connection, Kind.PLAN, arguments, lead.coder, steps.now())
        jobs.amend(connection, job_id, {**arguments, "upload": job_id})
        forget(store.folder, job_id)  # of a job that was never kept
        os.replace(upload.folder, uploads_of(store.folder, job_id))
    return job_id


async def answer(request: Request) -> Response:
    """Read the files again with what was said about their speakers; without an answer, as they were read before."""
    lead, form = lead_of(request), await request.form()
    return await run_in_threadpool(_read_again, request, lead, form)


def _read_again(request: Request, lead: Reviewer, form: FormData) -> Response:
    job, store = _plan(request), store_of(request)
    said = {**job.arguments["answers"], **_answers(job.result.get("questions", ()), form)}
    return _add(store, Kind.PLAN, {**_files(job), "answers": said}, lead)


def _answers(questions: Sequence[Mapping[str, Any]], form: FormData) -> dict[str, str]:
    """Return what the form says of each speaker that was asked about."""
    answers = {}
    for f, question in enumerate(questions):
        for n, usage in enumerate(question["usages"]):
            role = _text(form, f"role-{f}-{n}") or usage["proposal"]
            if role not in {*Role, NO_SPEAKER}:
                raise AskedWrongly("a speaker is interviewer, participant, or no speaker at all; choose one of them.")
            answers[f"{question['file']}:{usage['label']}"] = role
    return answers


async def confirm(request: Request) -> Response:
    """Have a plan done that was shown, as it was shown."""
    lead, form = lead_of(request), await request.form()
    return await run_in_threadpool(_confirm, request, lead, form)


def _confirm(request: Request, lead: Reviewer, form: FormData) -> Response:
    job, store = _plan(request), store_of(request)
    if "fingerprint" not in job.result:
        raise AskedWrongly("it is not clear yet who speaks in the files; answer that first.")
    if job.result["unplaced"] and _text(form, "leave_out") != "yes":
        raise AskedWrongly("some codings found no place; say that they are to be left out, or send the files anew.")
    return _add(store, Kind.IMPORT, {**_files(job), "fingerprint": job.result["fingerprint"]}, lead)


async def discard(request: Request) -> Response:
    """Remove the files of a plan that nobody wants done."""
    lead_of(request)
    job = await run_in_threadpool(_plan, request)
    await run_in_threadpool(forget, store_of(request).folder, job.arguments["upload"])
    return RedirectResponse("/jobs", 303)


def _plan(request: Request) -> Job:
    """Return the job of the path, a finished plan whose files are still here."""
    job = _job(request)
    if job.kind is not Kind.PLAN or job.state is not State.DONE:
        raise HTTPException(404)
    if not uploads_of(store_of(request).folder, job.arguments["upload"]).is_dir():
        raise AskedWrongly("the files of this import are not here any more; send them anew.")
    return job


def _files(job: Job) -> dict[str, Any]:
    return {name: job.arguments[name] for name in ("upload", "files", "answers", "word_codes")}


async def start(kind: Kind, request: Request) -> Response:
    """Add a job of a kind from its form."""
    lead, form, store = lead_of(request), await request.form(), store_of(request)
    try:
        arguments = FORMS[kind](form, Look.of(request))
    except AskedWrongly as refusal:
        return await _overview(request, 400, str(refusal))
    return await run_in_threadpool(_add, store, kind, arguments, lead)


def _add(store: Store, kind: Kind, arguments: Mapping[str, Any], lead: Reviewer) -> Response:
    with store.writing() as connection:
        job_id = jobs.add(connection, kind, arguments, lead.coder, steps.now())
    return _to(job_id)


def _to(job_id: int) -> Response:
    return RedirectResponse(f"/jobs/{job_id}", 303)


async def cancel(request: Request) -> Response:
    """Cancel a job; one that runs stops within a second or two."""
    lead = lead_of(request)
    job = await run_in_threadpool(_job, request)
    await run_in_threadpool(jobs.cancel, store_of(request), job.id, lead.coder, steps.now())
    if wants_part(request):
        return page(request, "jobs/part.html", job=await run_in_threadpool(_job, request))
    return _to(job.id)


def _train(form: FormData, _: Look) -> dict[str, Any]:
    return {"coder": _text(form, "coder") or None, "encoder": _text(form, "encoder") or None}


def _precode(form: FormData, _: Look) -> dict[str, Any]:
    return {"model": _text(form, "model") or None, "transcripts": _texts(form, "transcript")}


def _agreement(form: FormData, look: Look) -> dict[str, Any]:
    unit = _text(form, "unit") or Unit.SEGMENT
    if unit not in {*Unit}:
        raise AskedWrongly(f"agreement is counted by {', '.join(Unit)}; choose one of them.")
    return {
        "coders": _texts(form, "coder"),
        "unit": unit,
        "all_origins": _text(form, "all_origins") == "yes",
        "margin": _margin(_text(form, "margin")),
        "language": look.language.value,
    }


def _margin(said: str) -> float | None:
    if not said.strip():
        return None
    try:
        margin = float(said.replace(",", "."))
    except ValueError:
        margin = 0.0
    if not 0 < margin < 1:
        raise AskedWrongly("the margin is a number between 0 and 1; 0.05 is usual.")
    return margin


def _export(form: FormData, _: Look) -> dict[str, Any]:
    ending = _text(form, "ending")
    if ending not in WRITABLE:
        raise AskedWrongly(f"files of this kind are not written; choose one of {', '.join(WRITABLE)}.")
    only = _text(form, "only_confirmed") == "yes"
    return {"ending": ending, "transcripts": _texts(form, "transcript"), "only_confirmed": only}


FORMS: Mapping[Kind, Callable[[FormData, Look], dict[str, Any]]] = {
    Kind.TRAIN: _train,
    Kind.PRECODE: _precode,
    Kind.AGREEMENT: _agreement,
    Kind.EXPORT: _export,
}


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""


def _texts(form: FormData, name: str) -> list[str]:
    return [value for value in form.getlist(name) if isinstance(value, str)]


# what came of it


async def download(request: Request) -> Response:
    """Give a file of a finished job to keep; a browser does not open it."""
    file = await run_in_threadpool(_file, request)
    headers = {"content-security-policy": SANDBOX}
    return FileResponse(file, headers=headers, media_type="application/octet-stream", filename=file.name)


async def show(request: Request) -> Response:
    """Show the page that a finished job made, in which nothing runs."""
    file = await run_in_threadpool(_file, request)
    if file.suffix != ".html":
        raise HTTPException(404)
    headers = {"content-security-policy": SANDBOX}
    return FileResponse(file, headers=headers, media_type="text/html; charset=utf-8")


def _file(request: Request) -> Path:
    """Return the file of the path, one of those that the job names as its own."""
    lead_of(request)
    job, name = _job(request), str(request.path_params["name"])
    file = results_of(store_of(request).folder, job.id) / name
    if job.state is not State.DONE or name not in job.result.get("files", ()) or not file.is_file():
        raise HTTPException(404)
    return file


routes = [
    Route("/jobs", overview),
    Route("/jobs/import", take_files, methods=["POST"]),
    *(Route(f"/jobs/{kind}", partial(start, kind), methods=["POST"]) for kind in FORMS),
    Route("/jobs/{id:int}", one),
    Route("/jobs/{id:int}/answers", answer, methods=["POST"]),
    Route("/jobs/{id:int}/confirm", confirm, methods=["POST"]),
    Route("/jobs/{id:int}/discard", discard, methods=["POST"]),
    Route("/jobs/{id:int}/cancel", cancel, methods=["POST"]),
    Route("/jobs/{id:int}/file/{name}", download),
    Route("/jobs/{id:int}/page/{name}", show),
]
