"""How far coders, people or models, agree: coefficients named with their publication, with intervals that hold."""

from autocoder.agree.alpha import krippendorff_alpha, krippendorff_alpha_by_category
from autocoder.agree.benchmark import Level, benchmark
from autocoder.agree.chance_test import KappaErrors, fleiss_errors, kappa_errors
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
from autocoder.agree.multivalued import multi_valued_alpha
from autocoder.agree.present import bias_index, negative_agreement, positive_agreement, prevalence_index
from autocoder.agree.ratings import NotComparable, from_counts, from_table
from autocoder.agree.result import Coefficient, NoSuchInterval
from autocoder.agree.sets import dice_distance, jaccard_distance, masi_distance, passonneau2004_distance
from autocoder.agree.study import Agreement, CodeAgreement, Estimate, Ratings, agreement, common, pairs

__all__ = [
    "Agreement",
    "Clustered",
    "CodeAgreement",
    "Coefficient",
    "Comparison",
    "Difference",
    "Estimate",
    "Form",
    "Homogeneity",
    "Interval",
    "KappaErrors",
    "Level",
    "NoSuchInterval",
    "NotComparable",
    "Ratings",
    "agreement",
    "agreement_by_level",
    "ancestor_closure_alpha",
    "at_level",
    "benchmark",
    "bias_index",
    "bootstrap_difference",
    "brennan_prediger",
    "code_present",
    "cohen_kappa",
    "common",
    "compare_dependent",
    "conger_kappa",
    "dice_distance",
    "fleiss_errors",
    "fleiss_kappa",
    "fleiss_kappa_by_category",
    "from_counts",
    "from_table",
    "gwet_ac1",
    "gwet_ac2",
    "homogeneity",
    "jaccard_distance",
    "kappa_errors",
    "kappa_max",
    "krippendorff_alpha",
    "krippendorff_alpha_by_category",
    "light_kappa",
    "masi_distance",
    "multi_valued_alpha",
    "negative_agreement",
    "pabak",
    "pairs",
    "passonneau2004_distance",
    "percent_agreement",
    "positive_agreement",
    "prevalence_index",
    "randolph_kappa",
    "scott_pi",
    "tree_distance",
    "weighted_kappa",
    "with_ancestors",
]
