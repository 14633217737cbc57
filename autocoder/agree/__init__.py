"""How far coders, people or models, agree: coefficients named with their publication, with intervals that hold.

Ratings are coders x units, in an array or a list of lists: ``[[1, 0, 1], [1, 1, None]]`` are two coders on three units.
A rating is any hashable value, None or nan where a coder gave none. For measures on sets a rating is a set, frozenset
or list of codes; an empty one is the judgement that no code applies. Measures of two coders also take their ratings one
after the other: ``cohen_kappa(first, second)``. Every function answers with a :class:`Coefficient`: ``value`` (None
with a ``reason`` where it is undefined: never 0, 1 or nan instead), ``units``, ``coders``, ``categories``, ``observed``
and ``expected``, and ``interval(clusters=...)`` with one transcript label per unit.

=============================  =========================================================================================
function                       measure and publication
=============================  =========================================================================================
percent_agreement              three definitions under missing ratings: ``definition="unit-mean"`` (Gwet 2014),
                               ``"pooled-pairs"``, ``"one-minus-do"`` (Krippendorff 2019)
cohen_kappa, kappa_max         two coders (Cohen 1960)
weighted_kappa                 ``weights="linear"``, ``"quadratic"``, a matrix, ... (Cohen 1968)
scott_pi                       two coders (Scott 1955)
fleiss_kappa                   any number of coders (Fleiss 1971); ``unequal="gwet"`` or ``"fleiss"`` (2003)
fleiss_kappa_by_category       each category against the rest (Fleiss, Nee and Landis 1979)
conger_kappa, light_kappa      any number of coders (Conger 1980; Light 1971)
krippendorff_alpha             ``metric="nominal"``, ``"ordinal"``, ``"interval"``, ``"ratio"``, ``"masi"``,
                               ``"jaccard"``, ``"dice"``, ``"passonneau2004"`` or a function (Krippendorff 2019)
krippendorff_alpha_by_category each category against the rest (Krippendorff 2019)
gwet_ac1, gwet_ac2             any number of coders, with weights AC2 (Gwet 2008, 2014)
brennan_prediger               Bennett's S, with or without weights (Brennan and Prediger 1981)
randolph_kappa, pabak          free-marginal kappa (Randolph 2005); 2 p_o - 1 (Byrt, Bishop and Carlin 1993)
positive_, negative_agreement  on one category, and on all the others (Cicchetti and Feinstein 1990)
prevalence_index, bias_index   (a - d) / n and (b - c) / n, with their sign (Byrt, Bishop and Carlin 1993)
multi_valued_alpha             sets of codes (Krippendorff and Craggs 2016)
masi_, jaccard_, dice_,        distances between two sets (Passonneau 2006; Jaccard; Dice 1945; Passonneau 2004)
passonneau2004_distance
agreement_by_level             alpha on sets at each level of the tree of codes; ``at_level`` gives the ratings
ancestor_closure_alpha         alpha on sets with ancestors added; ``with_ancestors`` gives the ratings
tree_distance                  of two codes, for weights or metrics (Wu and Palmer 1994)
kappa_errors, fleiss_errors    standard errors and the test against chance (Fleiss, Cohen and Everitt 1969; Fleiss, Nee
                               and Landis 1979; Fleiss and Cuzick 1979)
compare_dependent              coefficients on the same units (Vanbelle and Albert 2008; Vanbelle 2017)
bootstrap_difference           two coefficients on the same units, paired cluster bootstrap
homogeneity                    coefficients of independent samples (Fleiss, Levin and Paik 2003)
benchmark                      probabilities of the levels of a scale (Gwet 2014)
=============================  =========================================================================================

``categories`` are those of the codebook, in order: AC1, AC2 and Brennan and Prediger's kappa need their number, and
ranks of texts their order; without them they are the values that were used. ``weights`` is None (the same or not), a
name (linear, quadratic, ordinal, radical, ratio), a distance, or a matrix over the categories: of weights with 1 on the
diagonal, or of disagreement with 0 on it. :func:`from_table` and :func:`from_counts` make ratings of a contingency
table and of counts per unit. ``agreement`` gives all of this for the codes of a study.
"""

from autocoder.agree.alignment import GammaNotInstalled, gamma, gamma_disorder
from autocoder.agree.alpha import krippendorff_alpha, krippendorff_alpha_by_category
from autocoder.agree.alternative import AltTest, accuracy, alt_test, closeness
from autocoder.agree.benchmark import Level, benchmark
from autocoder.agree.boundaries import boundary_pi, boundary_similarity, span_boundary_similarity
from autocoder.agree.chance_test import KappaErrors, fleiss_errors, kappa_errors
from autocoder.agree.characters import (
    CharacterTable,
    atlasti_cu_alpha,
    atlasti_domain_alpha,
    c_alpha_binary,
    character_agreement,
    character_kappa,
    character_tables,
)
from autocoder.agree.compare import (
    Comparison,
    Difference,
    Homogeneity,
    bootstrap_difference,
    compare_dependent,
    homogeneity,
)
from autocoder.agree.form import Clustered, Form
from autocoder.agree.hierarchy import (
    agreement_by_level,
    ancestor_closure_alpha,
    at_level,
    code_present,
    tree_distance,
    with_ancestors,
)
from autocoder.agree.intervals import Interval
from autocoder.agree.kappas import (
    brennan_prediger,
    cohen_kappa,
    conger_kappa,
    fleiss_kappa,
    fleiss_kappa_by_category,
    gwet_ac1,
    gwet_ac2,
    kappa_max,
    light_kappa,
    pabak,
    percent_agreement,
    randolph_kappa,
    scott_pi,
    weighted_kappa,
)
from autocoder.agree.machine import (
    Margin,
    MarginRefused,
    MarginTest,
    leave_one_out,
    margin_test,
    pairwise_means,
    replacement_alpha,
    replacement_test,
)
from autocoder.agree.mistakes import ErrorRow, machine_errors
from autocoder.agree.multivalued import multi_valued_alpha
from autocoder.agree.plan import SamplePlan, kappa_variance, plan_sample
from autocoder.agree.present import bias_index, negative_agreement, positive_agreement, prevalence_index
from autocoder.agree.ratings import NotComparable, from_counts, from_table
from autocoder.agree.replication import CrossReplication, xrr
from autocoder.agree.result import Coefficient, NoSuchInterval
from autocoder.agree.rho import Rho, shaffer_rho, shaffer_rho_of, shortest_test_set
from autocoder.agree.segments import MatchTable, match_tables, segment_agreement, segment_kappa
from autocoder.agree.sets import dice_distance, jaccard_distance, masi_distance, passonneau2004_distance
from autocoder.agree.spans import OverlappingSpans, SpansRefused, spans_of
from autocoder.agree.study import Agreement, CodeAgreement, Estimate, Ratings, agreement, common, pairs
from autocoder.agree.unitizing import (
    alpha_u_1995,
    coverage_2016,
    cu_alpha_2016,
    ku_alpha_2016,
    u_alpha_2016,
    u_alpha_binary_2016,
)
from autocoder.agree.verdict import MachineReport, Verdict, machine_report

__all__ = [
    "Agreement",
    "AltTest",
    "CharacterTable",
    "Clustered",
    "CodeAgreement",
    "Coefficient",
    "Comparison",
    "CrossReplication",
    "Difference",
    "ErrorRow",
    "Estimate",
    "Form",
    "GammaNotInstalled",
    "Homogeneity",
    "Interval",
    "KappaErrors",
    "Level",
    "MachineReport",
    "Margin",
    "MarginRefused",
    "MarginTest",
    "MatchTable",
    "NoSuchInterval",
    "NotComparable",
    "OverlappingSpans",
    "Ratings",
    "Rho",
    "SamplePlan",
    "SpansRefused",
    "Verdict",
    "accuracy",
    "agreement",
    "agreement_by_level",
    "alpha_u_1995",
    "alt_test",
    "ancestor_closure_alpha",
    "at_level",
    "atlasti_cu_alpha",
    "atlasti_domain_alpha",
    "benchmark",
    "bias_index",
    "bootstrap_difference",
    "boundary_pi",
    "boundary_similarity",
    "brennan_prediger",
    "c_alpha_binary",
    "character_agreement",
    "character_kappa",
    "character_tables",
    "closeness",
    "code_present",
    "cohen_kappa",
    "common",
    "compare_dependent",
    "conger_kappa",
    "coverage_2016",
    "cu_alpha_2016",
    "dice_distance",
    "fleiss_errors",
    "fleiss_kappa",
    "fleiss_kappa_by_category",
    "from_counts",
    "from_table",
    "gamma",
    "gamma_disorder",
    "gwet_ac1",
    "gwet_ac2",
    "homogeneity",
    "jaccard_distance",
    "kappa_errors",
    "kappa_max",
    "kappa_variance",
    "krippendorff_alpha",
    "krippendorff_alpha_by_category",
    "ku_alpha_2016",
    "leave_one_out",
    "light_kappa",
    "machine_errors",
    "machine_report",
    "margin_test",
    "masi_distance",
    "match_tables",
    "multi_valued_alpha",
    "negative_agreement",
    "pabak",
    "pairs",
    "pairwise_means",
    "passonneau2004_distance",
    "percent_agreement",
    "plan_sample",
    "positive_agreement",
    "prevalence_index",
    "randolph_kappa",
    "replacement_alpha",
    "replacement_test",
    "scott_pi",
    "segment_agreement",
    "segment_kappa",
    "shaffer_rho",
    "shaffer_rho_of",
    "shortest_test_set",
    "span_boundary_similarity",
    "spans_of",
    "tree_distance",
    "u_alpha_2016",
    "u_alpha_binary_2016",
    "weighted_kappa",
    "with_ancestors",
    "xrr",
]
