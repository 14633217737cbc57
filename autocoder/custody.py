"""Where a project lies and who else could read it: rights, synced folders, network drives, disk encryption.

What cannot be found out is said to be unknown; nothing here asks for more rights than the user has.
"""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path

SYNCED = {
    "onedrive": "OneDrive",
    "dropbox": "Dropbox",
    "mobile documents": "iCloud",
    "icloud": "iCloud",
    "google drive": "Google Drive",
    "googledrive": "Google Drive",
    "my drive": "Google Drive",
    "cloudstorage": "a cloud service",
    "nextcloud": "Nextcloud",
}
"""What the folders of services that copy files elsewhere are called, at the beginning of a folder's name."""
ONEDRIVE = ("OneDrive", "OneDriveCommercial", "OneDriveConsumer")
NETWORK = ("nfs", "cifs", "smb", "afp", "webdav", "davfs", "9p", "afs", "fuse.sshfs", "fuse.rclone", "fuse.gvfsd")
"""How the types of file systems of other computers begin."""
REMOTE_DRIVE = 4
"""What Windows answers for a network drive (``DRIVE_REMOTE``)."""

Run = Callable[[Sequence[str]], str]


class Encryption(StrEnum):
    """Whether the disk is encrypted, as far as can be told."""

    ON = "on"
    OFF = "off"
    UNKNOWN = "unknown"


def keep_private(path: Path) -> None:
    """Let nobody but the owner read the folder or the file, where the system has such rights."""
    if os.name == "posix":
        path.chmod(0o700 if path.is_dir() else 0o600)


def warnings(folder: Path) -> tuple[str, ...]:
    """Return a sentence for each way in which others could come by what is in the folder."""
    folder = folder.resolve()
    found = (
        _synced_warning(synced_by(folder, os.environ)),
        _network_warning(on_network(folder)),
        _rights_warning(folder),
        _encryption_warning(encryption(folder)),
    )
    return tuple(sentence for sentence in found if sentence)


def synced_by(folder: Path, environment: Mapping[str, str]) -> str:
    """Return the service that seems to copy the folder elsewhere, or an empty text."""
    for name in ONEDRIVE:
        if (root := environment.get(name)) and folder.is_relative_to(root):
            return "OneDrive"
    for part in folder.parts:
        for begin, service in SYNCED.items():
            if part.casefold().startswith(begin):
                return service
    return ""


def on_network(folder: Path) -> bool:
    """Say whether the folder lies on another computer."""
    if str(folder).startswith(("\\\\", "//")):
        return True
    if sys.platform == "win32":
        import ctypes

        return bool(ctypes.windll.kernel32.GetDriveTypeW(folder.anchor) == REMOTE_DRIVE)
    if sys.platform == "darwin":
        return network_mount(folder, _mac_mounts(_run(["/sbin/mount"])))
    return network_mount(folder, linux_mounts(Path("/proc/self/mountinfo").read_text(encoding="utf-8")))


def network_mount(folder: Path, mounts: Mapping[Path, str]) -> bool:
    """Say whether the nearest mount above the folder is of a type that other computers offer."""
    for above in (folder, *folder.parents):
        if above in mounts:
            return mounts[above].startswith(NETWORK)
    return False


def linux_mounts(mountinfo: str) -> dict[Path, str]:
    """Return the type of each mount from what Linux says in ``/proc/self/mountinfo``."""
    mounts = {}
    for line in mountinfo.splitlines():
        front, _, back = line.partition(" - ")
        mounts[Path(front.split()[4].replace("\\040", " "))] = back.split()[0]
    return mounts


def _mac_mounts(listing: str) -> dict[Path, str]:
    """Return the type of each mount from lines like ``//a@b/c on /Volumes/c (smbfs, nodev)``."""
    mounts = {}
    for line in listing.splitlines():
        where, _, kind = line.partition(" on ")[2].rpartition(" (")
        mounts[Path(where)] = kind.split(",")[0].rstrip(")")
    return mounts


def encryption(folder: Path) -> Encryption:
    """Return what the system says of the disk under the folder: BitLocker, FileVault, or Linux's own."""
    if sys.platform == "win32":
        return _bitlocker(folder, _run)
    if sys.platform == "darwin":
        return filevault(_run)
    return linux_encryption(folder.stat().st_dev, Path("/sys/dev/block"))


def filevault(run: Run) -> Encryption:
    """Return what FileVault says of itself."""
    said = run(["/usr/bin/fdesetup", "status"])
    if "FileVault is On" in said:
        return Encryption.ON
    return Encryption.OFF if "FileVault is Off" in said else Encryption.UNKNOWN


def _bitlocker(folder: Path, run: Run) -> Encryption:
    """Return what the shell's property of the drive says, the one way that needs no administrator."""
    asked = f"(New-Object -ComObject Shell.Application).NameSpace('{folder.drive[:2]}')"
    said = run(
        ["powershell", "-NoProfile", "-Command", f"{asked}.Self.ExtendedProperty('System.Volume.BitLockerProtection')"]
    )
    return {"1": Encryption.ON, "2": Encryption.OFF}.get(said.strip(), Encryption.UNKNOWN)


def linux_encryption(device: int, blocks: Path) -> Encryption:
    """Return whether the device, or one that it is made of, is opened with a key; what lies on no disk is unknown."""
    block = blocks / f"{os.major(device)}:{os.minor(device)}"
    if not block.exists():
        return Encryption.UNKNOWN
    identity = block / "dm" / "uuid"
    if identity.is_file() and identity.read_text(encoding="ascii").startswith("CRYPT-"):
        return Encryption.ON
    below = [Path(each).read_text(encoding="ascii").strip() for each in (block / "slaves").glob("*/dev")]
    found = {linux_encryption(os.makedev(*(int(part) for part in number.split(":"))), blocks) for number in below}
    return Encryption.ON if found == {Encryption.ON} else Encryption.OFF


def _run(command: Sequence[str]) -> str:
    """Return what one of the system's own programs prints, or an empty text when it cannot be asked."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout


def _synced_warning(service: str) -> str:
    if not service:
        return ""
    return (
        f"The folder seems to be copied elsewhere by {service}: the interviews leave this computer, and a database "
        "that is copied while it is written can be damaged. Move the project to a folder that is not synced."
    )


def _network_warning(remote: bool) -> str:
    if not remote:
        return ""
    return (
        "The folder is on another computer: a SQLite database is not safe there. Move the project to this computer's "
        "disk, or keep it on PostgreSQL (autocoder new --database)."
    )


def _rights_warning(folder: Path) -> str:
    if os.name != "posix" or not stat.S_IMODE(folder.stat().st_mode) & 0o077:
        return ""
    return f"Other users of this computer may open the folder; to close it: chmod 700 '{folder}'"


def _encryption_warning(found: Encryption) -> str:
    if found is Encryption.ON:
        return ""
    known = "is not encrypted" if found is Encryption.OFF else "may not be encrypted; this could not be found out"
    return (
        f"The disk {known}: whoever takes the computer can read the interviews. "
        "Turn on BitLocker (Windows), FileVault (Mac) or LUKS (Linux)."
    )
