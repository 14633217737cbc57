from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest

from autocoder import store
from autocoder.project import Coder, CoderKind, Project
from autocoder.store import Addition, Store, accounts, audit
from autocoder.store.accounts import AccountRefused

AT = "2026-03-01T09:00:00+00:00"
GOOD = "סוס סוללה סיכה נכון"


def later(minutes: int) -> str:
    return f"2026-03-01T{9 + minutes // 60:02}:{minutes % 60:02}:00+00:00"


@pytest.fixture
def opened(tmp_path: Path, project: Project) -> Store:
    made = store.create(tmp_path / "p", project.name, project.codebook, AT)
    made.add(Addition(project.transcripts, (*project.coders, Coder("m1", CoderKind.MODEL)), project.codings))
    return made


@pytest.fixture
def lead(opened: Store) -> Store:
    accounts.accept(opened, accounts.invite_first_lead(opened, AT), GOOD, AT, "דנה")
    return opened


def whats(opened: Store) -> list[str]:
    return [entry.what for entry in audit.entries(opened)]


def test_the_first_lead_takes_a_name_and_only_one_link_does_it(opened: Store) -> None:
    assert not accounts.has_lead(opened)
    old, new = accounts.invite_first_lead(opened, AT), accounts.invite_first_lead(opened, AT)
    with pytest.raises(AccountRefused, match="used or is too old"):
        accounts.accept(opened, old, GOOD, AT, "דנה")
    assert accounts.accept(opened, new, GOOD, AT, "דנה").role == "lead"
    assert accounts.has_lead(opened)
    assert [coder.name for coder in opened.coders()] == ["דנה", "יוסי", "m1"]  # the coder she was before


def test_an_invitation_opens_once_within_seven_days(lead: Store) -> None:
    token = accounts.invite(lead, "נועה", "coder", "דנה", AT)
    assert accounts.invitation(lead, token, "2026-03-09T09:00:00+00:00") is None
    assert accounts.invitation(lead, token, AT) is not None
    assert accounts.accept(lead, token, GOOD, AT).coder == "נועה"
    with pytest.raises(AccountRefused, match="used or is too old"):
        accounts.accept(lead, token, "another good password", AT)


def test_neither_token_nor_password_is_kept_as_it_is(lead: Store) -> None:
    token = accounts.invite(lead, "נועה", "coder", "דנה", AT)
    lead.close()
    whole = b"".join(file.read_bytes() for file in lead.folder.iterdir() if file.is_file())
    assert token.encode() not in whole
    assert GOOD.encode() not in whole
    assert b"$argon2id$" in whole


def test_a_right_password_lets_in_and_a_wrong_one_says_no_more_than_an_unknown_name(lead: Store) -> None:
    assert accounts.sign_in(lead, " דנה ", GOOD, AT).coder == "דנה"
    said = set()
    for name, password in (("דנה", "wrong"), ("nobody", GOOD), ("m1", GOOD), ("דנה", ""), ("דנה", "x" * 10_000)):
        with pytest.raises(AccountRefused) as caught:
            accounts.sign_in(lead, name, password, AT)
        said.add(str(caught.value))
    assert len(said) == 1


def test_five_wrong_passwords_close_the_account_for_a_quarter_of_an_hour(lead: Store) -> None:
    for _ in range(5):
        with pytest.raises(AccountRefused):
            accounts.sign_in(lead, "דנה", "wrong", AT)
    with pytest.raises(AccountRefused):
        accounts.sign_in(lead, "דנה", GOOD, later(14))
    assert accounts.sign_in(lead, "דנה", GOOD, later(15)).coder == "דנה"
    assert whats(lead)[2:] == ["sign-in refused"] * 4 + ["account locked", "sign-in refused", "sign-in"]


def test_wrong_passwords_typed_at_once_are_all_counted(lead: Store) -> None:
    def wrong() -> None:
        with pytest.raises(AccountRefused):
            accounts.sign_in(lead, "דנה", "wrong", AT)

    threads = [Thread(target=wrong) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "account locked" in whats(lead)
    assert audit.verify(lead).whole


def test_a_name_that_is_nobodys_may_be_a_password_and_stands_nowhere(lead: Store) -> None:
    with pytest.raises(AccountRefused):
        accounts.sign_in(lead, "my secret password", "", AT)
    assert not any("secret" in repr(entry) for entry in audit.entries(lead))


def test_a_closed_account_stays_out_and_an_opened_one_comes_in(lead: Store) -> None:
    accounts.accept(lead, accounts.invite(lead, "נועה", "coder", "דנה", AT), GOOD, AT)
    accounts.change(lead, "נועה", "coder", True, "דנה", AT)
    with pytest.raises(AccountRefused):
        accounts.sign_in(lead, "נועה", GOOD, AT)
    accounts.change(lead, "נועה", "coder", False, "דנה", AT)
    assert accounts.sign_in(lead, "נועה", GOOD, AT).role == "coder"


@pytest.mark.parametrize(("role", "closed"), [("coder", False), ("lead", True)])
def test_the_last_lead_stays(lead: Store, role: str, closed: bool) -> None:
    with pytest.raises(AccountRefused, match="only lead"):
        accounts.change(lead, "דנה", role, closed, "דנה", AT)


def test_the_name_of_a_model_is_no_persons(lead: Store) -> None:
    deeds: list[Callable[[], object]] = [
        lambda: accounts.invite(lead, "m1", "coder", "דנה", AT),
        lambda: accounts.take_seat(lead, "m1", AT),
    ]
    for deed in deeds:
        with pytest.raises(AccountRefused, match="name of a model"):
            deed()


@pytest.mark.parametrize("name", ["", "   ", "א" * 101, "דנה\u202e", "a\x00b", "a\nb\x07"])
def test_a_name_that_nobody_can_read_is_refused(lead: Store, name: str) -> None:
    with pytest.raises(AccountRefused, match="a name has"):
        accounts.take_seat(lead, name, AT)


def test_a_name_that_an_import_brought_is_taken_letter_by_letter(lead: Store) -> None:
    lead.add(Addition(coders=(Coder("נועה\u200f"),)))
    assert accounts.take_seat(lead, "נועה\u200f", AT) == "נועה\u200f"


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaaaa", "דנהדנהדנהדנה", "x" * 257])
def test_a_password_that_is_guessed_at_once_is_refused_and_the_link_stays_good(lead: Store, password: str) -> None:
    token = accounts.invite(lead, "דנה", "lead", "דנה", AT)
    with pytest.raises(AccountRefused, match="password"):
        accounts.accept(lead, token, password, AT)
    assert accounts.invitation(lead, token, AT) is not None
