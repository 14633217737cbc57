"""What the review page says, in English and Hebrew side by side, so that neither language can miss a word."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from autocoder.report.words import Language

_WORDS = {
    # every page
    "review": ("Review", "סקירה"),
    # the desk: transcript, card, codebook
    # browse and search
    # progress and influence
    # jobs
    # people: sign-in, accounts, assignments
}


@cache
def words(language: Language) -> Mapping[str, str]:
    """Return what the page says in a language."""
    place = 1 if language is Language.HEBREW else 0
    return MappingProxyType({key: both[place] for key, both in _WORDS.items()})
