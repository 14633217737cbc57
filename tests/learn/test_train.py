from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from autocoder.classifier import ModelFault, chosen, file_sha256, load, probabilities, read_manifest, write_manifest
from autocoder.learn.baseline import LinearBaseline, suggest_linear
from autocoder.learn.examples import NothingToLearn, gather
from autocoder.learn.fit import Settings
from autocoder.learn.labels import matrix
from autocoder.learn.network import load_encoder
from autocoder.learn.train import train
from autocoder.project import Origin, Project, Transcript
from autocoder.segment import segments
from autocoder.suggest import coder_of, suggest
from autocoder.vectors import UnitVectors


@pytest.fixture(scope="module")
def settings(tiny_encoder: Path) -> Settings:
    return Settings(str(tiny_encoder), folds=2, epochs=12, batch=8, rate=5e-3, head_rate=2e-2, frozen=0, least_steps=0)


@pytest.fixture(scope="module")
def trained(study: Project, settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "m1"
    shares: list[float] = []
    train(gather(study), study.codebook, folder, settings, "2026-01-01T00:00:00", shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    return folder


def test_a_model_learns_scores_and_suggests(study: Project, trained: Path) -> None:
    classifier = load(trained)
    assert classifier.codes == tuple(code.id for _, code in study.codebook.walk())
    texts = ["השכר נמוך וזה כואב לי.", "יש לנו כלב לבן ושמח.", "מילה " * 500]
    scores = classifier.score(texts, ["ומה אז?"] * 3)
    place = {code: n for n, code in enumerate(classifier.codes)}
    assert scores.shape == (3, 6)
    assert np.all((scores >= 0) & (scores <= 1))
    assert scores[0, place["pay"]] > 0.5 > scores[1, place["pay"]]
    assert np.all(scores[:, place["C09.3"]] >= scores[:, place["pay"]])
    assert np.all(scores[:, place["valence"]] >= scores[:, place["barrier"]])
    suggestions = suggest(classifier, study.transcripts[0], "2026-01-02T00:00:00")
    assert {coding.coder for coding in suggestions} == {coder_of("m1").name}
    assert {coding.origin for coding in suggestions} == {Origin.AUTO}
    units = {(unit.span.start, unit.span.end) for unit in segments(study.transcripts[0])}
    assert {(coding.span.start, coding.span.end) for coding in suggestions} <= units
    assert all(coding.score is not None and 0 < coding.score <= 1 for coding in suggestions)
    right = {(coding.span, coding.code) for coding in study.codings if coding.transcript == "t0"}
    found = {(coding.span, coding.code) for coding in suggestions}
    assert len(right & found) > 0.8 * len(right)


def test_nothing_said_means_nothing_suggested(trained: Path) -> None:
    assert suggest(load(trained), Transcript("ריק", "ריק"), "") == ()


def test_the_saved_files_predict_what_network_and_machines_do(study: Project, trained: Path) -> None:
    from safetensors.torch import load_file

    from autocoder.classifier import FileTokenizer, pad, windows
    from autocoder.learn.network import Network

    manifest = read_manifest(trained)
    encoder = load_encoder(str(trained / "encoder"))
    head = load_file(trained / "head.safetensors")
    network = Network(encoder, len(head["bias"]), 16, 0.0)
    network.head.load_state_dict(head)
    texts = ["השכר נמוך וזה כואב לי.", "כלב."]
    found = windows(FileTokenizer(trained / "encoder" / "tokenizer.json"), manifest.input, texts, ["ומה אז?", ""])
    with torch.no_grad():
        logits = network.eval()(*(torch.from_numpy(array) for array in pad(found, manifest.input.pad))).double().numpy()
    order = [code.id for code in manifest.codes if code.learned]
    learned = [n for n, code in enumerate(manifest.codes) if code.learned and code.id in ("pay", "alone", "barrier")]
    baseline = LinearBaseline().fit(gather(study).texts, matrix(gather(study), order))
    margins = manifest.encoder_slope * logits + manifest.linear_slope * baseline.decide(texts) + manifest.intercept
    expected = 1 / (1 + np.exp(-np.clip(margins, -500, 500)))
    columns = [order.index(manifest.codes[n].id) for n in learned]
    assert np.allclose(load(trained).score(texts, ["ומה אז?", ""])[:, learned], expected[:, columns], atol=1e-5)


def test_training_twice_gives_the_same_scores(
    study: Project, settings: Settings, trained: Path, tmp_path: Path
) -> None:
    train(gather(study), study.codebook, tmp_path / "m2", settings, "2026-01-01T00:00:00", lambda _: None)
    text = ["לבד בתוך כל הבניין הזה."]
    assert np.allclose(load(trained).score(text, [""]), load(tmp_path / "m2").score(text, [""]), atol=1e-6)


def test_the_card_and_the_manifest_tell_where_the_model_comes_from(study: Project, trained: Path) -> None:
    manifest = read_manifest(trained)
    card = (trained / "card.md").read_text(encoding="utf-8")
    fingerprint = gather(study).fingerprint
    assert manifest.data["fingerprint"] == fingerprint
    assert fingerprint in card
    assert "| domains, macro |" in card
    assert "facilitator (0)" in card
    assert manifest.scores["macro_f1"]["linear"] is not None
    assert manifest.scores["macro_f1"]["model"] > manifest.scores["macro_f1"]["majority"]
    assert {"head.safetensors", "linear.safetensors", "model.onnx", "encoder/model.safetensors"} <= set(manifest.files)
    assert not [path for path in trained.rglob("*") if path.suffix in {".bin", ".pt", ".pkl"}]


@pytest.fixture
def copy(trained: Path, tmp_path: Path) -> Path:
    return shutil.copytree(trained, tmp_path / "m1")


def test_a_changed_model_is_not_loaded(copy: Path) -> None:
    with (copy / "model.onnx").open("ab") as file:
        file.write(b"x")
    with pytest.raises(ModelFault, match=r"model\.onnx is missing or was changed"):
        load(copy)


def test_the_model_keeps_nothing_of_this_computer(trained: Path) -> None:
    content = (trained / "model.onnx").read_bytes()
    assert b"site-packages" not in content
    assert str(Path.home()).encode() + b"/" not in content
    assert str(trained.parent).encode() not in (trained / "manifest.json").read_bytes()


def test_a_code_that_was_not_learned_never_lifts_its_parent(trained: Path) -> None:
    manifest = read_manifest(trained)
    rare = replace(next(code for code in manifest.codes if code.id == "facilitator"), parent="pay", prior=0.4)
    codes = tuple(rare if code.id == "facilitator" else code for code in manifest.codes)
    scores = probabilities(replace(manifest, codes=codes), np.full((1, 5), -99.0), np.full((1, 5), -99.0))
    place = [code.id for code in codes].index("facilitator")
    assert scores[0, place] < 0.05
    assert np.all(scores < 0.05)


def test_of_an_exclusive_tree_the_likeliest_goes_along_with_a_theme(trained: Path) -> None:
    manifest = read_manifest(trained)
    codes = tuple(replace(code, learned=True, suggest=0.5) for code in manifest.codes)
    order = [code.id for code in codes]
    row = {"C09.3": 0.9, "pay": 0.8, "alone": 0.1, "valence": 0.9, "barrier": 0.6, "facilitator": 0.7}
    scores = np.array([row[code] for code in order])
    assert chosen(replace(manifest, codes=codes), scores) == {"pay": 0.8, "facilitator": 0.7}
    row |= {"pay": 0.4, "C09.3": 0.4}
    assert chosen(replace(manifest, codes=codes), np.array([row[code] for code in order])) == {}


def test_what_was_confirmed_after_a_suggestion_teaches_but_does_not_judge(study: Project) -> None:
    t0 = [replace(c, origin=Origin.ASSISTED) if c.transcript == "t0" else c for c in study.codings]
    examples = gather(replace(study, codings=tuple(t0)))
    assert len(examples.texts) == 96
    assert {name for name, blind in zip(examples.transcripts, examples.blind, strict=True) if not blind} == {"t0"}


def test_a_folder_without_or_with_a_damaged_manifest_is_named(copy: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelFault, match="is no model"):
        read_manifest(tmp_path / "nothing")
    manifest = copy / "manifest.json"
    content = json.loads(manifest.read_text(encoding="utf-8"))
    manifest.write_text(json.dumps(content | {"format": 99}), encoding="utf-8")
    with pytest.raises(ModelFault, match="does not know"):
        read_manifest(copy)
    manifest.write_text("{", encoding="utf-8")
    with pytest.raises(ModelFault, match="damaged"):
        read_manifest(copy)


def test_too_little_coding_is_an_answer(study: Project, settings: Settings, tmp_path: Path) -> None:
    few = replace(study, codings=study.codings[:4])
    with pytest.raises(NothingToLearn, match="code more"):
        train(gather(few), few.codebook, tmp_path / "m1", settings, "", lambda _: None)


def test_an_encoder_that_cannot_be_had_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelFault, match="leave --encoder out"):
        load_encoder(str(tmp_path))


def test_the_linear_baseline_finds_plain_words(study: Project) -> None:
    examples = gather(study)
    rows = [n for n, name in enumerate(examples.transcripts) if name != "t3"]
    new = [n for n, name in enumerate(examples.transcripts) if name == "t3"]
    found = suggest_linear(examples.subset(rows), examples.subset(new), ["pay", "alone"], 3, 1)
    human = [codes & {"pay", "alone"} for codes in examples.subset(new).codes]
    assert sum(a == b for a, b in zip(found, human, strict=True)) > 0.9 * len(human)
    constant = LinearBaseline().fit(list(examples.texts), np.ones((96, 1), dtype=np.float32))
    assert constant.decide(["כלב"]).tolist() == [[-1.0]]


def test_a_model_gives_the_vectors_that_its_logits_are_made_of(trained: Path) -> None:
    read = load(trained).read(
        ["השכר נמוך וזה כואב לי.", "לבד בתוך כל הבניין הזה.", "השכר נמוך מאוד.", "מילה " * 500], [""] * 4
    )
    assert read.vectors is not None
    assert read.vectors.shape == (4, 32)
    first, other, alike, _ = read.vectors
    assert np.linalg.norm(first - alike) < np.linalg.norm(first - other)


def test_a_model_from_before_vectors_were_exported_still_suggests(
    study: Project, trained: Path, tmp_path: Path
) -> None:
    import onnx

    older = tmp_path / "m1"
    shutil.copytree(trained, older)
    network = onnx.load(older / "model.onnx")
    del network.graph.output[1]
    onnx.save(network, older / "model.onnx")
    manifest = read_manifest(older)
    write_manifest(older, replace(manifest, files=manifest.files | {"model.onnx": file_sha256(older / "model.onnx")}))
    kept: list[UnitVectors] = []
    suggestions = suggest(load(older), study.transcripts[0], "2026-01-02T00:00:00", keep=kept.append)
    assert suggestions == suggest(load(trained), study.transcripts[0], "2026-01-02T00:00:00")
    assert kept == []
