"""The pages of coming in and going out, and those where a lead says who may do what."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from autocoder.review.pages import page
from autocoder.review.reviewer import Reviewer, Role, reviewer_of, store_of
from autocoder.review.sessions import Door, again
from autocoder.steps import now
from autocoder.store import accounts
from autocoder.store.accounts import AccountRefused


def door_of(request: Request) -> Door:
    """Return the door of the server."""
    found = request.app.state.door
    assert isinstance(found, Door)  # noqa: S101
    return found


def lead_of(request: Request) -> Reviewer:
    """Return who asks, a lead; anybody else is refused."""
    reviewer = reviewer_of(request)
    if not reviewer.leads:
        raise HTTPException(403)
    return reviewer


async def launch(request: Request) -> Response:
    """Open the session of the link that the server printed, once."""
    door = door_of(request)
    session_id = door.sessions.redeem(request.query_params.get("token", ""))
    if session_id is None:
        return page(request, "closed.html", 403, used=True)
    response = again("/")  # the secret leaves the address at once
    door.set_cookie(response, session_id)
    return response


async def closed(request: Request) -> Response:
    """Say how one comes in."""
    return page(request, "closed.html", 401, used=False)


def _only(request: Request, *, team: bool) -> None:
    """Refuse a page of the other way of working."""
    if door_of(request).team is not team:
        raise HTTPException(404)


async def start(request: Request) -> Response:
    """Ask who codes, on a computer where one works alone."""
    _only(request, team=False)
    names = await run_in_threadpool(accounts.people, store_of(request))
    return page(request, "start.html", names=names, problem="")


async def begin(request: Request) -> Response:
    """Go on under a name."""
    _only(request, team=False)
    form, store = await request.form(), store_of(request)
    try:
        name = await run_in_threadpool(accounts.take_seat, store, _text(form, "name"), now())
    except AccountRefused as refusal:
        names = await run_in_threadpool(accounts.people, store)
        return page(request, "start.html", 400, names=names, problem=refusal.key)
    return door_of(request).let_in(RedirectResponse("/", 303), request, Reviewer(name, Role.LEAD))


async def sign_in_form(request: Request) -> Response:
    """Ask for name and password."""
    _only(request, team=True)
    return page(request, "sign_in.html", name="", problem="")


async def sign_in(request: Request) -> Response:
    """Let a person in; a new session takes the place of whatever the browser had."""
    _only(request, team=True)
    form = await request.form()
    name, password = _text(form, "name"), _text(form, "password")
    try:
        account = await run_in_threadpool(accounts.sign_in, store_of(request), name, password, now())
    except AccountRefused as refusal:
        return page(request, "sign_in.html", 403, name=name, problem=refusal.key)
    return _let_in(request, account)


async def sign_out(request: Request) -> Response:
    """End the session; alone, ask anew who codes."""
    door, reviewer = door_of(request), request.state.reviewer
    if reviewer is not None:
        await run_in_threadpool(accounts.note_sign_out, store_of(request), reviewer.coder, now())
    if door.team:
        return door.let_out(RedirectResponse("/sign-in", 303), request)
    return door.let_in(RedirectResponse("/start", 303), request, None)


async def invitation(request: Request) -> Response:
    """Show what a link offers; looking at it does not use it up."""
    _only(request, team=True)
    offered = await run_in_threadpool(accounts.invitation, store_of(request), request.path_params["token"], now())
    if offered is None:
        return page(request, "closed.html", 403, used=True)
    return page(request, "invitation.html", offered=offered, problem="")


async def accept(request: Request) -> Response:
    """Make the account and let the person in."""
    _only(request, team=True)
    store, token, form = store_of(request), request.path_params["token"], await request.form()
    try:
        if _text(form, "password") != _text(form, "again"):
            raise AccountRefused("not_the_same", "the two passwords are not the same.")
        password, name = _text(form, "password"), _text(form, "name")
        account = await run_in_threadpool(accounts.accept, store, token, password, now(), name)
    except AccountRefused as refusal:
        offered = await run_in_threadpool(accounts.invitation, store, token, now())
        if offered is None:
            return page(request, "closed.html", 403, used=True)
        return page(request, "invitation.html", 400, offered=offered, problem=refusal.key)
    door_of(request).sessions.close_all_of(account.coder)  # a new password ends what the old one opened
    return _let_in(request, account)


def _let_in(request: Request, account: accounts.Account) -> Response:
    return door_of(request).let_in(RedirectResponse("/", 303), request, Reviewer(account.coder, Role(account.role)))


async def people(request: Request) -> Response:
    """Show the accounts to a lead."""
    _only(request, team=True)
    lead_of(request)
    return await _people_page(request)


async def invite(request: Request) -> Response:
    """Make an invitation and show its link, this once."""
    _only(request, team=True)
    lead, form = lead_of(request), await request.form()
    name = _text(form, "name")
    try:
        token = await run_in_threadpool(
            accounts.invite, store_of(request), name, _text(form, "role"), lead.coder, now()
        )
    except AccountRefused as refusal:
        return await _people_page(request, 400, refusal.key)
    return await _people_page(request, link=f"{request.url.scheme}://{request.url.netloc}/invitation/{token}", of=name)


async def change_account(request: Request) -> Response:
    """Give an account another role, or close or open it; what it had open ends."""
    _only(request, team=True)
    lead, form = lead_of(request), await request.form()
    name, role, shut = _text(form, "name"), _text(form, "role"), _text(form, "closed") == "yes"
    try:
        await run_in_threadpool(accounts.change, store_of(request), name, role, shut, lead.coder, now())
    except AccountRefused as refusal:
        return await _people_page(request, 400, refusal.key)
    if name != lead.coder or role != lead.role or shut:
        door_of(request).sessions.close_all_of(name)
    return RedirectResponse("/people", 303)


async def _people_page(
    request: Request, status: int = 200, problem: str = "", link: str = "", of: str = ""
) -> Response:
    store = store_of(request)
    there = await run_in_threadpool(accounts.accounts, store)
    names = await run_in_threadpool(accounts.people, store)
    known = {account.coder for account in there}
    return page(
        request,
        "people.html",
        status,
        accounts=there,
        without=[name for name in names if name not in known],
        problem=problem,
        link=link,
        of=of,
        at=now(),
    )


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""


routes = [
    Route("/launch", launch),
    Route("/closed", closed),
    Route("/start", start),
    Route("/start", begin, methods=["POST"]),
    Route("/sign-in", sign_in_form),
    Route("/sign-in", sign_in, methods=["POST"]),
    Route("/sign-out", sign_out, methods=["POST"]),
    Route("/invitation/{token}", invitation),
    Route("/invitation/{token}", accept, methods=["POST"]),
    Route("/people", people),
    Route("/people/invite", invite, methods=["POST"]),
    Route("/people/change", change_account, methods=["POST"]),
]
