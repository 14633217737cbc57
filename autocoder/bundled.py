"""Where the bundled encoder, codebooks and study are: inside the installed package, or beside it in a checkout."""

from __future__ import annotations

from pathlib import Path

from autocoder.errors import AutocoderError

_PACKAGE = Path(__file__).resolve().parent


class NotBundled(AutocoderError):
    """Something that should have come with autocoder and did not."""


def bundled(*parts: str) -> Path:
    """Return the path of a bundled file or folder; raise NotBundled when it is missing."""
    for root in (_PACKAGE / "bundled", _PACKAGE.parent):
        path = root.joinpath(*parts)
        if path.exists():
            return path
    raise NotBundled(f"{'/'.join(parts)} did not come with this copy of autocoder; install autocoder again.")


def encoder() -> Path:
    """Return the folder of the bundled encoder."""
    return bundled("models", "he-small")


def codebooks() -> dict[str, Path]:
    """Return the built-in codebooks by name."""
    return {path.stem: path for path in sorted(bundled("training_data", "codebooks").glob("*.yaml"))}


def study() -> Path:
    """Return the folder of the demonstration study."""
    return bundled("training_data", "peer_support_demo")
