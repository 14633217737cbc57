from __future__ import annotations

import http.client
import ssl
import time
from pathlib import Path
from threading import Thread

import pytest
import trustme
import uvicorn
from typer.testing import CliRunner

from autocoder import cli, store
from autocoder.project import Codebook
from autocoder.review.app import create_app
from autocoder.review.server import NotServed, Serving, check, config_for, door_for, listen
from autocoder.store import accounts, audit

AT = "2026-03-01T09:00:00+00:00"
GOOD = "סוס סוללה סיכה נכון"
PEM = Path("a.pem")


@pytest.mark.parametrize(
    ("asked", "has_lead", "why"),
    [
        (Serving(host="0.0.0.0"), True, "needs --team"),  # noqa: S104
        (Serving(host="192.168.1.7"), True, "needs --team"),
        (Serving(host="::"), True, "needs --team"),
        (Serving(team=True, host="192.168.1.7"), True, "--tls-cert FILE"),
        (Serving(team=True, host="192.168.1.7", certificate=PEM), True, "belong together"),
        (Serving(team=True, host="192.168.1.7", certificate=PEM, key=PEM), False, "no lead's account"),
        (Serving(team=True, host="0.0.0.0", certificate=PEM, key=PEM), True, "--name"),  # noqa: S104
        (Serving(team=True, host="server.lab", certificate=PEM, key=PEM), True, "is no address"),
        (Serving(host="127.0.0.1.evil.example"), True, "is no address"),
    ],
)
def test_nothing_listens_beyond_this_computer_without_accounts_and_tls(
    asked: Serving, has_lead: bool, why: str
) -> None:
    with pytest.raises(NotServed, match=why):
        check(asked, has_lead)


@pytest.mark.parametrize(
    "asked",
    [
        Serving(),
        Serving(host="localhost"),
        Serving(host="127.0.0.2"),
        Serving(host="::1"),
        Serving(team=True),
        Serving(team=True, host="192.168.1.7", certificate=PEM, key=PEM),
        Serving(team=True, host="0.0.0.0", certificate=PEM, key=PEM, names=("coding.lab",)),  # noqa: S104
    ],
)
def test_what_is_safe_is_served(asked: Serving) -> None:
    check(asked, has_lead=True)


def test_alone_the_port_is_a_free_one_of_this_computer() -> None:
    with listen(Serving()) as one, listen(Serving()) as other:
        assert one.getsockname()[0] == other.getsockname()[0] == "127.0.0.1"
        assert one.getsockname()[1] != other.getsockname()[1]
        with pytest.raises(NotServed, match="another --port"):
            listen(Serving(port=other.getsockname()[1]))


def test_the_page_answers_to_the_names_it_was_given_and_at_the_usual_port_without_the_port() -> None:
    team = Serving(team=True, host="192.168.1.7", certificate=PEM, key=PEM, names=("Coding.Lab",))
    assert door_for(team, 8443).hosts == {"coding.lab:8443"}
    assert door_for(team, 443).hosts == {"coding.lab:443", "coding.lab"}
    assert door_for(Serving(host="::1"), 8000).hosts == {"[::1]:8000"}


@pytest.mark.parametrize("content", ["", "no certificate"])
def test_a_file_that_is_no_certificate_is_named(tmp_path: Path, content: str) -> None:
    file = tmp_path / "a.pem"
    if content:
        file.write_text(content, encoding="ascii")
    asked = Serving(team=True, certificate=file, key=file)
    with pytest.raises(NotServed, match=r"\.pem files"):
        config_for(lambda *_: None, asked)  # type: ignore[arg-type, return-value]


def test_a_team_is_served_with_tls_and_a_cookie_that_travels_no_other_way(tmp_path: Path, codebook: Codebook) -> None:
    authority = trustme.CA()
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(tmp_path / "server.pem")
    asked = Serving(team=True, certificate=tmp_path / "server.pem", key=tmp_path / "server.pem")
    with store.create(tmp_path / "p", "ש", codebook, AT) as opened, listen(asked) as listening:
        accounts.accept(opened, accounts.invite_first_lead(opened, AT), GOOD, AT, "רות")
        port = listening.getsockname()[1]
        server = uvicorn.Server(config_for(create_app(opened, door_for(asked, port)), asked))
        thread = Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        trust = ssl.create_default_context()
        authority.configure_trust(trust)
        try:
            wire = http.client.HTTPSConnection("127.0.0.1", port, context=trust, timeout=60)
            form = "name=%D7%A8%D7%95%D7%AA&password=" + "".join(f"%{byte:02X}" for byte in GOOD.encode())
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            wire.request("POST", "/sign-in", form, kind | {"Origin": f"http://127.0.0.1:{port}"})
            refused = wire.getresponse()
            refused.read()
            assert refused.status == 403  # the same address without TLS is another page
            wire.request("POST", "/sign-in", form, kind | {"Origin": f"https://127.0.0.1:{port}"})
            answer = wire.getresponse()
            answer.read()
            wire.close()
            cookie = answer.headers["set-cookie"]
            assert (answer.status, answer.headers["location"]) == (303, "/")
            assert cookie.startswith(f"__Host-autocoder-{port}=")
            assert "Secure" in cookie
            plain = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            plain.request("GET", "/sign-in")
            with pytest.raises((http.client.HTTPException, OSError)):
                plain.getresponse()
            plain.close()
        finally:
            server.should_exit = True
            thread.join()


def test_the_command_audit_says_what_holds_and_ends_with_one_when_something_does_not(
    tmp_path: Path, codebook: Codebook
) -> None:
    folder = tmp_path / "p"
    with store.create(folder, "ש", codebook, AT) as opened:
        accounts.take_seat(opened, "דנה", AT)
        accounts.take_seat(opened, "=דנה", AT)
        head = audit.verify(opened).head
    run = CliRunner().invoke(cli.app, ["audit", str(folder), "--csv", str(tmp_path / "log.csv")])
    assert run.exit_code == 0
    assert "2 entries hold" in run.output
    assert head in run.output
    rows = (tmp_path / "log.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(rows) == 3
    assert "'=דנה" in rows[2]
    with store.open_project(folder) as opened, opened.writing() as connection:
        connection.exec_driver_sql("DROP TRIGGER audit_no_update")
        connection.exec_driver_sql("UPDATE audit SET who = 'x' WHERE id = 2")
    run = CliRunner().invoke(cli.app, ["audit", str(folder)])
    assert run.exit_code == 1
    assert "Entry 2 does not hold: it was changed" in run.output


def test_the_command_new_keeps_no_password_and_prints_none(tmp_path: Path, postgres: str) -> None:
    address = postgres.replace("autocoder@", "autocoder:hunter2@")  # the server knows another one
    run = CliRunner().invoke(cli.app, ["new", str(tmp_path / "p"), "--codebook", "peer-support", "--database", address])
    assert isinstance(run.exception, store.ProjectFault)
    assert "hunter2" not in str(run.exception) + run.output
    run = CliRunner().invoke(
        cli.app, ["new", str(tmp_path / "p"), "--codebook", "peer-support", "--database", postgres]
    )
    assert run.exit_code == 0, run.output
    assert "postgresql+psycopg" in (tmp_path / "p" / "autocoder.toml").read_text(encoding="utf-8")
