"""Who may come in: accounts with argon2 passwords, roles, lock-out, and invitations that open once.

A password is checked outside every transaction, since it takes a tenth of a second by design, and only two at once,
since each check takes 64 MiB. An unknown name costs the same time and leaves the same answer as a wrong password.
"""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import BoundedSemaphore

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from autocoder.errors import AutocoderError
from autocoder.project import CoderKind
from autocoder.store import schema as t
from autocoder.store.audit import Deed, append
from autocoder.store.study import Store

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 256
LONGEST_NAME = 100
FAILURES = 5
LOCKED_MINUTES = 15
INVITED_DAYS = 7
ROLES = ("coder", "lead")

_hasher = PasswordHasher()
_two_at_once = BoundedSemaphore(2)
_NOBODY = _hasher.hash(secrets.token_hex())


class AccountRefused(AutocoderError):
    """A name, password, role or invitation that will not do; ``key`` names the reason in the page's words."""

    def __init__(self, key: str, sentence: str) -> None:
        super().__init__(sentence)
        self.key = key


@dataclass(frozen=True)
class Account:
    """A person who may sign in; ``locked_until`` and ``disabled`` are times or None."""

    coder: str
    role: str
    created: str
    locked_until: str | None = None
    disabled: str | None = None

    def locked(self, at: str) -> bool:
        """Say whether too many wrong passwords keep the account closed at that time."""
        return self.locked_until is not None and at < self.locked_until


@dataclass(frozen=True)
class Invitation:
    """Who is invited, and as what; the first lead, whom nobody invites, says the name (``coder`` is "")."""

    coder: str
    role: str
    given_by: str
    expires: str


def accounts(store: Store) -> tuple[Account, ...]:
    """Return the accounts by name."""
    query = _with_names().order_by(t.coder.c.name)
    with store.reading() as connection:
        return tuple(_account_of(row) for row in connection.execute(query))


def has_lead(store: Store) -> bool:
    """Say whether anybody could sign in and invite others."""
    return any(account.role == "lead" and not account.disabled for account in accounts(store))


def people(store: Store) -> tuple[str, ...]:
    """Return the names of all coders who are persons, in the order of their names."""
    query = sa.select(t.coder.c.name).where(t.coder.c.kind == CoderKind.HUMAN).order_by(t.coder.c.name)
    with store.reading() as connection:
        return tuple(connection.scalars(query))


def take_seat(store: Store, name: str, at: str) -> str:
    """Let somebody who works alone begin under a name, a new one or one that is there, and return it as kept."""
    with store.writing() as connection:
        name = _known_or_proper(connection, name)
        _coder_id(connection, name)
        append(connection, name, Deed.SIGN_IN, {"alone": True}, at)
    return name


def invite(store: Store, coder: str, role: str, given_by: str, at: str) -> str:
    """Return the secret of a link by which a person makes an account, or a new password for the one there is."""
    if role not in ROLES:
        raise AccountRefused("bad_role", f"{role} is no role; choose coder or lead.")
    with store.writing() as connection:
        name = _known_or_proper(connection, coder)
        _refuse_model(connection, name)
        return _insert_invitation(connection, name, role, given_by, at)


def invite_first_lead(store: Store, at: str) -> str:
    """Return the secret of a link by which the first lead makes an account under a name of choice."""
    with store.writing() as connection:
        return _insert_invitation(connection, "", "lead", "", at)


def invitation(store: Store, token: str, at: str) -> Invitation | None:
    """Return what a link offers, or None when it is unknown, used or too old."""
    with store.reading() as connection:
        return _invitation(connection, token, at)


def accept(store: Store, token: str, password: str, at: str, name: str = "") -> Account:
    """Make the account of an invitation, or give it a new password; the link is used up in the same transaction.

    ``name`` counts only where the invitation has none.
    """
    offered = invitation(store, token, at)
    if offered is None:
        raise AccountRefused("link_used", "this link was used or is too old; ask for another one.")
    hashed = _hash(offered.coder or name, password)
    with store.writing() as connection:
        coder = offered.coder or _known_or_proper(connection, name)
        used = sa.update(t.invitation).where(t.invitation.c.token == _digest(token), t.invitation.c.used.is_(None))
        if connection.execute(used.values(used=at)).rowcount != 1:
            raise AccountRefused("link_used", "this link was used or is too old; ask for another one.")
        coder_id = _coder_id(connection, coder)
        values = {"password": hashed, "role": offered.role, "failures": 0, "locked_until": None, "disabled": None}
        there = sa.update(t.account).where(t.account.c.coder_id == coder_id).values(**values)
        if not connection.execute(there).rowcount:
            connection.execute(sa.insert(t.account).values(coder_id=coder_id, created=at, **values))
        append(connection, coder, Deed.ACCOUNT, {"role": offered.role, "invited by": offered.given_by}, at)
    return Account(coder, offered.role, at)


def sign_in(store: Store, name: str, password: str, at: str) -> Account:
    """Return the account of a right name and password; raise AccountRefused, which does not say what was wrong.

    After five wrong passwords the account is closed for a quarter of an hour, also to the right one.
    """
    with store.reading() as connection:
        row = connection.execute(_with_names().where(t.coder.c.name == _composed(name))).one_or_none()
    right = _verified(row.password if row else _NOBODY, password)
    account = _account_of(row) if row else None
    if row is None or account is None or not right or account.locked(at) or account.disabled:
        _note_failure(store, account, right, at)
        raise AccountRefused("not_in", "the name or the password is wrong, or the account is closed for a while.")
    with store.writing() as connection:
        values: dict[str, object] = {"failures": 0, "locked_until": None}
        if _hasher.check_needs_rehash(row.password):
            values["password"] = _hash(account.coder, password)
        connection.execute(sa.update(t.account).where(t.account.c.coder_id == row.coder_id).values(**values))
        append(connection, account.coder, Deed.SIGN_IN, {"role": account.role}, at)
    return account


def note_sign_out(store: Store, coder: str, at: str) -> None:
    """Record that somebody left."""
    with store.writing() as connection:
        append(connection, coder, Deed.SIGN_OUT, {}, at)


def change(store: Store, coder: str, role: str, closed: bool, given_by: str, at: str) -> None:
    """Give an account a role, and close or open it, which also ends a lock; one lead always remains."""
    if role not in ROLES:
        raise AccountRefused("bad_role", f"{role} is no role; choose coder or lead.")
    with store.writing() as connection:
        _one_change_at_a_time(connection)
        rows = connection.execute(_with_names()).all()
        leads = {row.name for row in rows if row.role == "lead" and not row.disabled}
        if coder not in {row.name for row in rows}:
            raise AccountRefused("no_account", f"{coder} has no account.")
        if leads == {coder} and (closed or role != "lead"):
            raise AccountRefused("last_lead", f"{coder} is the only lead; make another lead first.")
        values = {"role": role, "disabled": at if closed else None, "failures": 0, "locked_until": None}
        of_coder = t.account.c.coder_id.in_(sa.select(t.coder.c.id).where(t.coder.c.name == coder))
        connection.execute(sa.update(t.account).where(of_coder).values(**values))
        append(connection, given_by, Deed.ACCOUNT, {"coder": coder, "role": role, "closed": closed}, at)


def proper_name(name: str) -> str:
    """Return a name as it is kept; raise AccountRefused for one that is empty, too long or not printable."""
    kept = " ".join(_composed(name).split())
    if not kept or len(kept) > LONGEST_NAME:
        raise AccountRefused("bad_name", f"a name has 1 to {LONGEST_NAME} characters.")
    if any(unicodedata.category(sign) in {"Cc", "Cf", "Cs", "Co", "Cn"} for sign in kept):
        raise AccountRefused("bad_name_signs", "a name has letters, digits and marks; take invisible signs out.")
    return kept


def _known_or_proper(connection: sa.Connection, name: str) -> str:
    """Return the name of a person who is there letter by letter, as an import may have brought it, or a proper one."""
    known = sa.select(t.coder.c.name).where(t.coder.c.name == name, t.coder.c.kind == CoderKind.HUMAN)
    return connection.scalars(known).first() or proper_name(name)


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name).strip()


def _hash(name: str, password: str) -> str:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise AccountRefused("bad_length", f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters.")
    if len(set(password)) < 5 or password.casefold() in name.casefold() * 4:
        raise AccountRefused("weak_password", "that password is guessed at once; take a few words instead.")
    with _two_at_once:
        return _hasher.hash(password)


def _verified(hashed: str, password: str) -> bool:
    if len(password) > LONGEST_PASSWORD:
        password = ""  # costs the same and is nobody's
    try:
        with _two_at_once:
            return _hasher.verify(hashed, password)
    except VerifyMismatchError:
        return False


def _note_failure(store: Store, account: Account | None, right: bool, at: str) -> None:
    """Count a wrong password and record it; a name that is nobody's may be a mistyped password and is not kept."""
    with store.writing() as connection:
        if account is None:
            append(connection, "", Deed.SIGN_IN_REFUSED, {"known": False}, at)
            return
        of_coder = t.account.c.coder_id.in_(sa.select(t.coder.c.id).where(t.coder.c.name == account.coder))
        if not right and not account.locked(at):
            counted = sa.update(t.account).where(of_coder).values(failures=t.account.c.failures + 1)
            failures = connection.scalars(counted.returning(t.account.c.failures)).one()
            if failures >= FAILURES:
                until = (datetime.fromisoformat(at) + timedelta(minutes=LOCKED_MINUTES)).isoformat(timespec="seconds")
                closed = sa.update(t.account).where(of_coder).values(failures=0, locked_until=until)
                connection.execute(closed)
                append(connection, account.coder, Deed.LOCKED, {"until": until}, at)
                return
        append(connection, account.coder, Deed.SIGN_IN_REFUSED, {"known": True}, at)


def _insert_invitation(connection: sa.Connection, name: str, role: str, given_by: str, at: str) -> str:
    """Insert an invitation in the place of an earlier one of the same name, and return its secret."""
    token = secrets.token_urlsafe(32)
    expires = (datetime.fromisoformat(at) + timedelta(days=INVITED_DAYS)).isoformat(timespec="seconds")
    connection.execute(sa.delete(t.invitation).where(t.invitation.c.coder == name, t.invitation.c.used.is_(None)))
    values = {"token": _digest(token), "coder": name, "role": role, "given_by": given_by, "expires": expires}
    connection.execute(sa.insert(t.invitation).values(**values))
    append(connection, given_by, Deed.INVITATION, {"coder": name, "role": role, "expires": expires}, at)
    return token


def _invitation(connection: sa.Connection, token: str, at: str) -> Invitation | None:
    row = connection.execute(sa.select(t.invitation).where(t.invitation.c.token == _digest(token))).one_or_none()
    if row is None or row.used is not None or row.expires <= at:
        return None
    return Invitation(row.coder, row.role, row.given_by, row.expires)


def _coder_id(connection: sa.Connection, name: str) -> int:
    """Return the id of a person, who is added when new."""
    _refuse_model(connection, name)
    found: int | None = connection.scalars(sa.select(t.coder.c.id).where(t.coder.c.name == name)).one_or_none()
    if found is not None:
        return found
    added = sa.insert(t.coder).values(name=name, kind=CoderKind.HUMAN.value).returning(t.coder.c.id)
    new: int = connection.scalars(added).one()
    return new


def _refuse_model(connection: sa.Connection, name: str) -> None:
    model = sa.select(t.coder.c.id).where(t.coder.c.name == name, t.coder.c.kind == CoderKind.MODEL)
    if connection.scalars(model).first() is not None:
        raise AccountRefused("name_of_model", f"{name} is the name of a model; choose another one.")


def _one_change_at_a_time(connection: sa.Connection) -> None:
    """On PostgreSQL, keep two leads from taking the role from each other at the same moment."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("LOCK TABLE account IN SHARE ROW EXCLUSIVE MODE"))


def _with_names() -> sa.Select[tuple[object, ...]]:
    return sa.select(t.account, t.coder.c.name).join(t.coder, t.coder.c.id == t.account.c.coder_id)


def _account_of(row: sa.Row[tuple[object, ...]]) -> Account:
    return Account(row.name, row.role, row.created, row.locked_until, row.disabled)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
