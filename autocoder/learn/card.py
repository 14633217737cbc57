"""The model's card: what a person should know before trusting its suggestions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from autocoder.classifier import CodeEntry, Manifest

CARD = "card.md"
WHO = ("model", "encoder", "linear", "majority")


def write_card(folder: Path, manifest: Manifest) -> None:
    """Write ``card.md`` beside the model."""
    (folder / CARD).write_text(card(manifest), encoding="utf-8")


def card(manifest: Manifest) -> str:
    """Return the card as Markdown."""
    data, scores = manifest.data, manifest.scores
    lines = [
        f"# Model {manifest.name}",
        "",
        f"Trained {manifest.created} by autocoder {manifest.versions['autocoder']} from the encoder "
        f"{manifest.encoder}, for the codebook {manifest.codebook}, version {manifest.codebook_version}.",
        "",
        "## What it learned from",
        "",
        f"{data['units']} units of {len(data['transcripts'])} transcripts, coded by {data['coder']}. "
        f"{data['codings_on_no_unit']} codings fell on no participant's unit and were left out. "
        f"Data fingerprint (SHA-256): `{data['fingerprint']}`.",
        "",
        "## How well it finds codes",
        "",
        f"F1, {scores['how']}. The model joins the encoder and the linear machines (TF-IDF of character and word "
        f"n-grams; weights {manifest.encoder_slope:.2f} and {manifest.linear_slope:.2f}, from units that neither saw). "
        "Beside it stand the two alone and a majority guess.",
        "",
        "| | model | encoder | linear | majority |",
        "|---|---|---|---|---|",
        *(_row(name, scores[key]) for name, key in _SUMMARIES.items()),
        "",
        "| code | units | model | encoder | linear |",
        "|---|---|---|---|---|",
        *(_code_row(code, scores["codes"][code.id]) for code in manifest.codes if code.learned),
        "",
        *_not_learned(manifest),
        "## Limits",
        "",
        "It suggests codes for a person to confirm; it decides nothing. Its scores are calibrated on this study's "
        "transcripts and mean little on other material. Suggestions that were confirmed after being seen must not be "
        "used to judge it.",
        "",
        f"Settings: `{dict(manifest.settings)}`. Versions: `{dict(manifest.versions)}`.",
        "",
    ]
    return "\n".join(lines)


_SUMMARIES = {
    "domains, macro": "domain_macro_f1",
    "all learned codes, macro": "macro_f1",
    "all learned codes, micro": "micro_f1",
}


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _row(name: str, scores: dict[str, float | None]) -> str:
    return f"| {name} | " + " | ".join(_figure(scores[who]) for who in WHO) + " |"


def _code_row(code: CodeEntry, scores: dict[str, Any]) -> str:
    figures = " | ".join(_figure(scores[who]) for who in WHO[:-1])
    return f"| {code.id} {code.name} | {scores['units']} | {figures} |"


def _not_learned(manifest: Manifest) -> list[str]:
    """Say which codes have too few examples; that is an answer, not a fault."""
    few = [f"{code.id} ({code.examples})" for code in manifest.codes if code.codable and not code.learned]
    if not few:
        return []
    return ["Not enough examples yet (units in brackets), never suggested: " + ", ".join(few) + ".", ""]
