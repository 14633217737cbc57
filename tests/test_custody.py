from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from autocoder import custody, store
from autocoder.custody import Encryption
from autocoder.project import Codebook

MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
40 22 0:40 / /mnt/team rw - cifs //server/team rw
41 22 0:41 / /home/dana/with\\040space rw - nfs4 server:/x rw
42 22 8:2 / /mnt/team/local rw - xfs /dev/sda2 rw
"""


@pytest.mark.parametrize(
    ("folder", "service"),
    [
        ("/Users/dana/Library/CloudStorage/OneDrive-Uni/study", "a cloud service"),
        ("/Users/dana/Library/Mobile Documents/com~apple~CloudDocs/study", "iCloud"),
        ("/Users/dana/OneDrive - University of Haifa/study", "OneDrive"),
        ("/home/dana/Dropbox (Lab)/study", "Dropbox"),
        ("/Volumes/GoogleDrive/My Drive/study", "Google Drive"),
        ("/home/dana/Nextcloud/study", "Nextcloud"),
        ("/home/dana/research/study", ""),
        ("/home/dana/not a dropbox/study", ""),
    ],
)
def test_a_folder_that_a_service_copies_is_known_by_its_name(folder: str, service: str) -> None:
    assert custody.synced_by(Path(folder), {}) == service


def test_a_folder_of_onedrive_under_another_name_is_known_by_the_environment() -> None:
    assert custody.synced_by(Path("/data/x/study"), {"OneDriveCommercial": "/data/x"}) == "OneDrive"
    assert custody.synced_by(Path("/data/y/study"), {"OneDriveCommercial": "/data/x"}) == ""


@pytest.mark.parametrize(
    ("folder", "remote"),
    [
        ("/mnt/team/study", True),
        ("/home/dana/with space/study", True),
        ("/mnt/team/local/study", False),
        ("/mnt/teamwork/study", False),
        ("/home/dana/study", False),
    ],
)
def test_a_folder_of_another_computer_is_known_by_its_mount(folder: str, remote: bool) -> None:
    assert custody.network_mount(Path(folder), custody.linux_mounts(MOUNTS)) is remote


def test_a_windows_share_is_another_computers() -> None:
    assert custody.on_network(Path("//server/share/study"))


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("FileVault is On.\n", Encryption.ON),
        ("FileVault is Off.\n", Encryption.OFF),
        ("", Encryption.UNKNOWN),
    ],
)
def test_filevault_is_believed_when_it_speaks(said: str, found: Encryption) -> None:
    assert custody.filevault(lambda _: said) is found


def block(blocks: Path, number: str, uuid: str = "", below: tuple[str, ...] = ()) -> None:
    (blocks / number / "slaves").mkdir(parents=True)
    if uuid:
        (blocks / number / "dm").mkdir()
        (blocks / number / "dm" / "uuid").write_text(uuid, encoding="ascii")
    for each in below:
        (blocks / number / "slaves" / each.replace(":", "-")).mkdir()
        (blocks / number / "slaves" / each.replace(":", "-") / "dev").write_text(f"{each}\n", encoding="ascii")


@pytest.mark.skipif(os.name != "posix", reason="the numbers of devices are a thing of Unix")
def test_a_disk_is_encrypted_when_it_or_all_that_it_is_made_of_is_opened_with_a_key(tmp_path: Path) -> None:
    block(tmp_path, "8:1")
    block(tmp_path, "253:0", "CRYPT-LUKS2-abc-home", ("8:1",))
    block(tmp_path, "253:1", "LVM-abc", ("253:0",))
    block(tmp_path, "9:0", "", ("253:0", "8:1"))
    numbers = ("253:0", "253:1", "8:1", "9:0", "0:99")
    found = [custody.linux_encryption(os.makedev(*map(int, each.split(":"))), tmp_path) for each in numbers]
    assert found == [Encryption.ON, Encryption.ON, Encryption.OFF, Encryption.OFF, Encryption.UNKNOWN]


@pytest.mark.skipif(os.name != "posix", reason="Windows has rights of another kind")
def test_a_new_project_is_for_its_owner_alone_and_an_open_one_is_told_of(tmp_path: Path, codebook: Codebook) -> None:
    folder = tmp_path / "p"
    with store.create(folder, "ש", codebook, ""):
        rights = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())}
    assert rights.pop("p") == 0o700
    assert set(rights.values()) == {0o600}, rights
    assert not any("chmod" in warning for warning in custody.warnings(folder))
    folder.chmod(0o755)
    assert any("chmod 700" in warning for warning in custody.warnings(folder))


@pytest.mark.skipif(os.name != "posix", reason="Windows has rights of another kind")
def test_a_folder_that_holds_other_things_keeps_its_rights(tmp_path: Path, codebook: Codebook) -> None:
    (tmp_path / "other.txt").write_text("x", encoding="utf-8")
    tmp_path.chmod(0o750)
    store.create(tmp_path, "ש", codebook, "").close()
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o750
    assert stat.S_IMODE((tmp_path / "project.db").stat().st_mode) == 0o600
