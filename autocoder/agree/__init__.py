"""How far coders, people or models, agree: coefficients named with their publication, with intervals that hold."""

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
