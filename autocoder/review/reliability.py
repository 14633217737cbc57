"""How often a model's suggestions of a code were right so far, judged by blind coding alone.

Two sources are counted together: what training predicted for units of transcripts that it had held out, and blind
coding made since in transcripts that the model had gone through.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

from autocoder.classifier import Manifest, ModelFault, read_manifest
from autocoder.project import Codebook, Origin
from autocoder.segment import belongs
from autocoder.steps import model_folders
from autocoder.store import Store
from autocoder.store.coded import Given, coded_blind, fingerprints, given_by, given_by_people
from autocoder.store.counts import NO_CHECKS, Checked
from autocoder.suggest import coder_of

LEAST = 10
"""Suggestions that blind coding must have judged before anything is said."""


def right_so_far(store: Store, model: str) -> dict[str, Checked]:
    """Return by code how many suggestions of a model coder were right, of how many that blind coding judged."""
    found: dict[str, Checked] = defaultdict(lambda: NO_CHECKS)
    folder = folder_of(store, model)
    taught: frozenset[str] = frozenset()
    if folder is not None:
        manifest = read_manifest(folder)
        taught = frozenset(manifest.data.get("transcripts", ()))
        for code, checked in _held_out(store, folder, manifest).items():
            found[code] += checked
    for code, checked in _since(store, model, taught).items():
        found[code] += checked
    return dict(found)


def folder_of(store: Store, model: str) -> Path | None:
    """Return the folder of the model that suggests under this name, None when it is not in the project."""
    return next((folder for folder in model_folders(store) if coder_of(folder.name).name == model), None)


def _held_out(store: Store, folder: Path, manifest: Manifest) -> dict[str, Checked]:
    """Count over the units that the training coder coded blind; nothing for a model that kept no predictions."""
    from autocoder.learn.held_out import cross_fitted, load_out_of_fold

    try:
        held_out = load_out_of_fold(folder, manifest)
    except ModelFault:  # one from before predictions were kept says nothing of itself
        return {}
    blind = _blind_alone(store, str(manifest.data["coder"]))
    predictions, _ = cross_fitted(manifest, held_out)
    right: Counter[str] = Counter()
    all_: Counter[str] = Counter()
    for unit, suggested, labels in zip(held_out.units, predictions.sets, held_out.labels, strict=True):
        if unit[0] in blind:
            for code, label in zip(held_out.codes, labels, strict=True):
                all_[code] += code in suggested
                right[code] += code in suggested and bool(label)
    return {code: Checked(right[code], count) for code, count in all_.items()}


def _blind_alone(store: Store, coder: str) -> frozenset[str]:
    """Return the names of the transcripts in which everything that a person coded was coded blind."""
    names = fingerprints(store)
    origins: dict[int, set[Origin]] = defaultdict(set)
    for each in given_by(store, coder):
        origins[each.transcript_id].add(each.origin)
    return frozenset(names[number][0] for number, here in origins.items() if here == {Origin.BLIND})


def _since(store: Store, model: str, taught: frozenset[str]) -> dict[str, Checked]:
    """Count suggestions in transcripts that people coded blind; of several people at least half must agree."""
    names = fingerprints(store)
    judges = {number: people for number, people in coded_blind(store).items() if names[number][0] not in taught}
    codings: dict[int, list[Given]] = defaultdict(list)
    for each in given_by_people(store, judges):
        if each.origin is Origin.BLIND:
            codings[each.transcript_id].append(each)
    codebook = store.codebook()
    found: dict[str, Checked] = defaultdict(lambda: NO_CHECKS)
    for suggestion in given_by(store, model, judges):
        people = judges[suggestion.transcript_id]
        agree = {each.coder for each in codings[suggestion.transcript_id] if _same(codebook, each, suggestion)}
        found[suggestion.code] += Checked(int(2 * len(agree & people) >= len(people)), 1)
    return found


def _same(codebook: Codebook, given: Given, suggestion: Given) -> bool:
    """Return whether a coding gives the passage the suggested code, or one under it."""
    if not belongs(given.span, suggestion.span):
        return False
    above = {code.id for code in codebook.ancestors(given.code)} if given.code in codebook else set()
    return suggestion.code == given.code or suggestion.code in above
