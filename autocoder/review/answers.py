"""What every answer must be: codes of the codebook, boundaries inside the transcript, a memo of some length."""

from __future__ import annotations

from collections.abc import Sequence

from autocoder.errors import AutocoderError
from autocoder.project import Codebook, Span
from autocoder.store import Store, passages

LONGEST_MEMO = 10_000


class AnswerRefused(AutocoderError):
    """An answer that says too little or too much for what was asked; nothing was changed."""


def refuse_memo(memo: str) -> None:
    """Raise AnswerRefused for a memo that is too long."""
    if len(memo) > LONGEST_MEMO:
        raise AnswerRefused(f"a memo has at most {LONGEST_MEMO} characters; shorten it.")


def refuse_codes(codebook: Codebook, codes: Sequence[str]) -> None:
    """Raise AnswerRefused for a code that is not in the codebook, or that only holds other codes."""
    for code in codes:
        if code not in codebook:
            raise AnswerRefused(f"the code {code} is not in the codebook any more; choose another code.")
        if not codebook[code].codable:
            raise AnswerRefused(f"{codebook[code].name} only holds other codes; choose one below it.")


def refuse_span(store: Store, name: str, span: Span) -> None:
    """Raise AnswerRefused when a span leaves the transcript or holds nothing but white space."""
    transcript = passages.transcript(store, name)
    if transcript is None or span.end > len(transcript.text) or not transcript.quote(span).strip():
        raise AnswerRefused("the new boundaries hold no text of this transcript; mark them again.")
