from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForMaskedLM, AutoTokenizer

from models.recipe import corpus, prefixes, pretrain, sentences, tokenizer, vectors
from models.recipe.pretrain import Marks, Optimisers, Progress, mask_words, rate
from models.recipe.settings import Run, load


@pytest.fixture(scope="module")
def run(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("recipe")
    made = Run(load("tiny"), shared / "corpus", shared / "benchmarks", folder / "work", folder / "out")
    made.work.mkdir()
    for stage in (corpus, tokenizer, vectors, pretrain, sentences):
        stage.main(made)
    return made


def test_every_stage_runs_and_leaves_a_stock_encoder(run: Run) -> None:
    pieces = AutoTokenizer.from_pretrained(run.out)
    model = AutoModelForMaskedLM.from_pretrained(run.out, dtype=torch.float32)
    batch = pieces("שלום לכולם, אני פותח את הישיבה", return_tensors="pt")
    assert model(**batch).logits.shape[-1] == len(pieces) == run.settings.pieces
    facts = json.loads((run.out / "recipe.json").read_text(encoding="utf-8"))
    assert facts["steps"] == run.settings.steps
    assert len(facts["corpus"]["sha256"]) == 64
    assert facts["curve"][-1]["held_out_loss"] < np.log(run.settings.pieces)
    assert facts["sentence_stage"][-1]["step"] == run.settings.sentence_steps


def test_no_line_of_a_benchmark_is_left(run: Run) -> None:
    texts = json.loads((run.work / "texts.json").read_text(encoding="utf-8"))
    forbidden = corpus.benchmark_lines(run.benchmarks)
    assert len(forbidden) > 10_000
    assert not forbidden & {line for documents in texts.values() for document in documents for line in document}


def test_a_run_goes_on_from_where_it_was_saved(run: Run) -> None:
    marks = pretrain.marks_of(run)
    frequency, start = np.load(run.work / "frequency.npy"), np.load(run.work / "vectors.npy")
    model = pretrain.build(run.settings, marks, start, frequency)
    optimisers = Optimisers.of(model)
    ids = torch.randint(5, 500, (2, 32))
    pretrain.loss_of(model, ids, torch.ones_like(ids, dtype=torch.bool), ids)[0].backward()
    optimisers.step(1e-3)
    pretrain.save_state(run, model, optimisers, Progress(7, 0.5, [{"step": 7.0}]))
    again = pretrain.build(run.settings, marks, start, frequency)
    others = Optimisers.of(again)
    assert pretrain.restore_state(run, again, others) == Progress(7, 0.5, [{"step": 7.0}])
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), again.parameters(), strict=True))
    for one, other in zip(optimisers.members, others.members, strict=True):
        assert one.state_dict()["state"].keys() == other.state_dict()["state"].keys() != set()


def test_a_run_in_pieces_takes_every_step_once(run: Run, tmp_path: Path) -> None:
    shutil.copytree(run.work, tmp_path / "work", ignore=shutil.ignore_patterns("state*"))
    shutil.copytree(run.out, tmp_path / "out", ignore=shutil.ignore_patterns("model*", "recipe*"))
    piece = replace(run, work=tmp_path / "work", out=tmp_path / "out", piece_minutes=0.0)
    pieces = 0
    while not (piece.out / "recipe.json").exists():
        pretrain.main(replace(piece, piece_minutes=1e-4 if pieces < 3 else 1.0))
        pieces += 1
    facts = json.loads((piece.out / "recipe.json").read_text(encoding="utf-8"))
    assert pieces > 3
    assert facts["steps"] == run.settings.steps


def test_two_cuts_of_a_row_are_alike_and_others_are_not() -> None:
    rows = np.arange(3 * 252, dtype=np.uint16).reshape(3, 252)
    marks = Marks(cls=2, sep=3, mask=4, pad=0, continues=torch.zeros(800, dtype=torch.bool))
    found = sentences.cuts(rows, marks, torch.Generator().manual_seed(0))
    assert found.shape == (6, 64)
    assert found[:, 0].tolist() == [2] * 6
    assert found[:, -1].tolist() == [3] * 6
    assert ((found[:, 1:-1] // 252).unique(dim=1)[:, 0]).tolist() == [0, 1, 2, 0, 1, 2]
    assert (found[:, 2:-1] - found[:, 1:-2] == 1).all()
    one_hot = torch.eye(3).repeat(2, 1).unsqueeze(1).repeat(1, 5, 1)
    loss, right = sentences.contrast(one_hot)
    assert right == 1.0
    assert loss < 1e-3 < sentences.contrast(torch.ones(6, 5, 3))[0]


def test_a_prefix_is_split_off_a_word_that_stands_alone_more_often() -> None:
    often = {"הבית": 30, "בית": 100, "והבית": 5, "שמש": 90, "מש": 0}
    assert prefixes.split_prefixes("והבית של השמש הבית", often) == "וה בית של ה שמש ה בית"
    assert prefixes.split_prefixes("שלום לך", {}) == "שלום לך"


def test_the_presets_keep_to_their_bounds() -> None:
    for preset in ("tiny", "cpu", "gpu"):
        settings = load(preset)
        assert settings.minutes + settings.sentence_minutes <= (25 if preset == "gpu" else 150)
        marks = Marks(cls=2, sep=3, mask=4, pad=0, continues=torch.zeros(settings.pieces, dtype=torch.bool))
        start = np.zeros((settings.pieces, settings.width), dtype=np.float32)
        model = pretrain.build(settings, marks, start, np.ones(settings.pieces, dtype=np.int64))
        parameters = sum(parameter.numel() for parameter in model.parameters())
        assert parameters < 25_000_000, "fp16 weights stay under 50 MB"
        assert settings.width % settings.heads == 0


def test_whole_words_are_masked_and_marks_never() -> None:
    continues = torch.zeros(50, dtype=torch.bool)
    continues[30:] = True
    marks = Marks(cls=2, sep=3, mask=4, pad=0, continues=continues)
    ids = torch.tensor([[2, 10, 30, 31, 11, 12, 32, 3]]).repeat(400, 1)
    masked, chosen = mask_words(ids, marks, 0.3, torch.Generator().manual_seed(1))
    assert torch.equal(chosen[:, 1], chosen[:, 2])
    assert torch.equal(chosen[:, 1], chosen[:, 3])
    assert torch.equal(chosen[:, 5], chosen[:, 6])
    assert not chosen[:, [0, 7]].any()
    assert 0.2 < chosen[:, 1:7].float().mean() < 0.4
    assert 0.7 < (masked[chosen] == 4).float().mean() < 0.9
    assert torch.equal(masked[~chosen], ids[~chosen])


def test_the_rate_rises_and_falls() -> None:
    assert rate(0.0, 1.0) < rate(0.02, 1.0) < rate(0.03, 1.0)
    assert rate(0.03, 1.0) > rate(0.5, 1.0) > rate(1.0, 1.0) == 0.0
