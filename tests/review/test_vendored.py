"""Other people's scripts are the bytes that their authors published, and lie beside their licences."""

from hashlib import sha256
from pathlib import Path

import pytest

from autocoder.review.app import STATIC

BROWSER = Path(__file__).with_name("browser")
PUBLISHED = {
    STATIC / "htmx/htmx-4.0.1.min.js": "a0abb04f2f45a1f89d1d4844023245537e5e6014c87b144553e0607b4cc32130",
    BROWSER / "axe-4.14.1.min.js": "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c",
}
LICENCES = {STATIC / "htmx/LICENSE": "Zero-Clause BSD", BROWSER / "axe-LICENSE": "Mozilla Public License"}


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.name)
def test_a_vendored_script_has_the_published_bytes(path: Path) -> None:
    assert sha256(path.read_bytes()).hexdigest() == PUBLISHED[path]


@pytest.mark.parametrize("path", LICENCES, ids=lambda path: path.name)
def test_a_vendored_script_lies_beside_its_licence(path: Path) -> None:
    assert LICENCES[path] in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted(STATIC.rglob("*.js")) + sorted(STATIC.rglob("*.css")), ids=lambda path: path.name)
def test_nothing_that_is_served_names_an_address_elsewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "http://" not in text
    assert "https://" not in text
