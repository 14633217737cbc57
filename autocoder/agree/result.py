"""What a coefficient answers: a value or why there is none, and what is needed to put an interval around it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocoder.agree import intervals
from autocoder.agree.form import Bools, Clustered, Floats, Form, Ints
from autocoder.agree.intervals import Interval
from autocoder.errors import AutocoderError

METHODS = (
    "cluster-delta",
    "vanbelle",
    "jackknife",
    "cluster-bootstrap",
    "gwet",
    "fleiss-cohen-everitt",
    "krippendorff-bootstrap",
)
Clusters = Sequence[Hashable] | NDArray[Any]
"""One label per unit as the units were passed: the transcript it stands in."""


class NoSuchInterval(AutocoderError):
    """A kind of interval that is not known, or not defined for this coefficient."""


def share_of_one(level: float) -> None:
    """Refuse a level of confidence that is not between 0 and 1."""
    if not 0 < level < 1:
        raise NoSuchInterval(f"the level of an interval lies between 0 and 1, such as 0.95; {level:g} does not.")


@dataclass(frozen=True)
class Coefficient:
    """A coefficient, named with its publication.

    ``value`` is None where the coefficient is undefined, and ``reason`` says why; otherwise ``reason`` is "". ``units``
    counts the units that at least two coders judged and ``pairs`` the pairs of ratings in them. ``observed`` and
    ``expected`` are agreement, or disagreement for the alphas; None for a coefficient without them. ``lowest`` is the
    least value that it can have.

    The rest makes intervals: ``form`` is the coefficient as a function of totals over units, ``enters`` marks the units
    it counts among those passed, ``linearised`` gives the form that Gwet linearises, ``large_sample`` says whether the
    error of Fleiss, Cohen and Everitt (1969) is its own, and ``redrawn`` draws Krippendorff's own bootstrap.
    """

    name: str
    value: float | None
    units: int
    coders: int
    categories: tuple[Hashable, ...] = ()
    reason: str = ""
    observed: float | None = None
    expected: float | None = None
    pairs: int | None = None
    lowest: float = -1.0
    form: Form | None = field(default=None, repr=False, compare=False)
    enters: Bools | None = field(default=None, repr=False, compare=False)
    linearised: Callable[[], Form] | None = field(default=None, repr=False, compare=False)
    large_sample: bool = field(default=False, repr=False, compare=False)
    redrawn: Callable[[int, int], Floats] | None = field(default=None, repr=False, compare=False)

    def interval(
        self,
        clusters: Clusters | None = None,
        method: str = "cluster-delta",
        level: float = 0.95,
        seed: int = 0,
        replicates: int = 1000,
    ) -> Interval:
        """Return the interval; ``clusters`` is one label per unit, as units were passed: the transcript it stands in.

        - ``cluster-delta`` (default): influences added up by cluster, t on G - 1 (Vanbelle 2017), with
          two corrections for few transcripts and rare codes: influences are taken by leaving the
          cluster out, and bounds are made on the scale of Fisher's z (:func:`autocoder.agree.intervals.delta`)
        - ``vanbelle``: the same without these corrections, value -+ t SE
        - ``jackknife``: one cluster left out at a time, t on G - 1 (Hughes 2024)
        - ``cluster-bootstrap``: percentiles of the value on resampled clusters (Field and Welsh 2007)
        - ``gwet``: units as independent, Gwet's linearised error, t on n - 1 (Gwet 2008, 2014); as he does, a mean of
          squares over n for a table of two coders and over n - 1 otherwise
        - ``fleiss-cohen-everitt``: the large-sample error of Cohen's kappa, units as independent, z (1969)
        - ``krippendorff-bootstrap``: alpha with D_e held fixed (Hayes and Krippendorff 2007); only for comparability

        Without ``clusters`` every unit is its own cluster, which holds only when units do not share transcripts.
        """
        share_of_one(level)
        if method not in METHODS:
            raise NoSuchInterval(f"there is no interval called {method!r}; there are {', '.join(METHODS)}.")
        if self.value is None:
            return Interval(None, None, method, 0, self.reason)
        if method in {"gwet", "fleiss-cohen-everitt", "krippendorff-bootstrap"}:
            return self._published(method, level, seed, replicates)
        clustered = self.over(*self._clusters(clusters))
        of = "units" if clusters is None else "transcripts"
        if method == "vanbelle":
            return intervals.vanbelle(clustered, self.value, level, self.lowest, of)
        if method == "jackknife":
            return intervals.jackknife(clustered, self.value, level, self.lowest, of)
        if method == "cluster-bootstrap":
            return intervals.bootstrap(clustered, seed, replicates, level, of)
        return intervals.delta(clustered, self.value, level, self.lowest, of)

    @property
    def passed(self) -> int:
        """How many units were passed, with those that do not count."""
        return len(self.enters) if self.enters is not None else self._form().units

    def over(self, clusters: Ints, number: int) -> Clustered:
        """Return the sums of each of ``number`` clusters, ``clusters`` numbering that of each unit as passed."""
        form = self._form()
        return form.over(clusters if self.enters is None else clusters[self.enters], number)

    def _form(self) -> Form:
        if self.form is None:
            raise NoSuchInterval(f"{self.name} has no interval.")
        return self.form

    def _clusters(self, clusters: Clusters | None) -> tuple[Ints, int]:
        """Number the clusters of the units that count; those of other units get 0, which is not looked at."""
        form = self._form()
        enters = np.ones(self.passed, dtype=np.bool_) if self.enters is None else self.enters
        index = np.zeros(len(enters), dtype=np.int64)
        if clusters is None:
            index[enters] = np.arange(form.units)
            return index, form.units
        if len(clusters) != len(enters):
            raise NoSuchInterval(f"there are {len(enters)} units but {len(clusters)} clusters; name one for each unit.")
        index[enters], number = intervals.numbered_clusters(np.asarray(clusters, dtype=np.str_)[enters])
        return index, number

    def _published(self, method: str, level: float, seed: int, replicates: int) -> Interval:
        value = self.value or 0.0
        if method == "gwet" and self.linearised is not None:
            clustered = self.linearised().over()
            complete = self.coders == 2 and self.pairs == clustered.clusters
            error = large_sample_error(clustered) if complete else intervals.standard_error(clustered)
            said = f"{level:.0%} t interval, linearised over {clustered.clusters} units as if independent (Gwet 2014)"
            return intervals.t_interval(value, error, clustered.clusters, level, self.lowest, said)
        if method == "fleiss-cohen-everitt" and self.large_sample:
            clustered = self._form().over()
            error = large_sample_error(clustered)
            said = f"{level:.0%} z interval over {clustered.clusters} units as if independent (Fleiss et al. 1969)"
            return intervals.z_interval(value, error, clustered.clusters, level, self.lowest, said)
        if method == "krippendorff-bootstrap" and self.redrawn is not None:
            said = (
                f"{level:.0%} percentile interval, {replicates} draws of pairs with D_e held fixed, seed {seed} "
                "(Hayes and Krippendorff 2007)"
            )
            return intervals.percentiles(self.redrawn(seed, replicates), level, said, self.units)
        raise NoSuchInterval(f"{method} is not defined for {self.name}.")


def large_sample_error(clustered: Clustered) -> float:
    """Return the delta method's error without G / (G - 1): on units, that of Fleiss, Cohen and Everitt (1969)."""
    influence = clustered.influence()
    return float(np.sqrt(((influence - influence.mean()) ** 2).sum()))
