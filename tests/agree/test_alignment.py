"""Gamma through its library, and without it."""

from __future__ import annotations

import os
import sys

import numpy as np
import pytest

from autocoder.agree import GammaNotInstalled, gamma, gamma_disorder

SPANS = {"A": [(1, 5, "a"), (6, 10, "b")], "B": [(2, 6, "a"), (7, 11, "b")]}


@pytest.fixture
def _library() -> None:
    os.environ.setdefault("NUMBA_DISABLE_JIT", "1")  # compiling takes a minute, these few spans take a second
    pytest.importorskip("pygamma_agreement", reason="gamma is an optional extra")


def test_without_the_library_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pygamma_agreement", None)
    with pytest.raises(GammaNotInstalled, match=r"install it with: pip install 'autocoder\[gamma\]'"):
        gamma(SPANS)


@pytest.mark.usefixtures("_library")
def test_a_seed_gives_the_same_gamma_and_leaves_other_draws_alone(capfd: pytest.CaptureFixture[str]) -> None:
    np.random.seed(7)
    expected = np.random.random()
    np.random.seed(7)
    first, second, other = (gamma(SPANS, n_samples=10, seed=seed) for seed in (1, 1, 2))
    assert np.random.random() == expected
    assert first.value == second.value != other.value
    assert first.observed == other.observed
    assert capfd.readouterr() == ("", "")


@pytest.mark.usefixtures("_library")
def test_texts_add_up_and_give_an_interval() -> None:
    texts = {"one": SPANS, "two": {"A": [(0, 4, "a")], "B": [(0, 4, "b"), (5, 7, "b")]}, "none": {"A": [], "B": []}}
    found = gamma(texts, {"one": 20, "two": 10, "none": 5}, n_samples=10)
    one, two = (gamma_disorder(texts[name]) for name in ("one", "two"))
    assert found.observed == pytest.approx((2 * one + 1.5 * two) / 3.5)
    assert gamma_disorder(texts, {"one": 20, "two": 10, "none": 5}) == pytest.approx(found.observed)
    assert found.interval(method="cluster-bootstrap").clusters == 3


@pytest.mark.usefixtures("_library")
def test_nothing_to_align_is_undefined() -> None:
    assert gamma({"A": [], "B": []}, 10).reason == "no coder marked anything"
    assert gamma_disorder({"A": [], "B": []}, 10) is None
