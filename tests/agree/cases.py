"""What each format of the file of published cases gives us to compute, under the keys of that file."""

from __future__ import annotations

from autocoder import agree

GWETS = {
    "percent_agreement": agree.percent_agreement,
    "cohen_kappa": agree.cohen_kappa,
    "scott_pi": agree.scott_pi,
    "gwet_ac1": agree.gwet_ac1,
    "brennan_prediger": agree.brennan_prediger,
    "krippendorff_alpha_nominal": agree.krippendorff_alpha,
    "fleiss_kappa": agree.fleiss_kappa,
    "conger_kappa": agree.conger_kappa,
}


class Found:
    """Values under the keys of the file."""

    def __init__(self):
        self.values = {}

    def put(self, key, coefficient):
        self.values[key] = coefficient.value

    def with_gwet(self, key, coefficient):
        interval = coefficient.interval(method="gwet")
        self.values |= {key: coefficient.value, f"{key}_se": interval.standard_error}
        self.values |= {f"{key}_ci_low": interval.low, f"{key}_ci_high": interval.high}


def of_table(data, case):
    rows = agree.from_table(data["counts"])
    categories = range(len(data["counts"]))
    found = Found()
    for key in ("percent_agreement", "scott_pi", "gwet_ac1", "brennan_prediger", "krippendorff_alpha_nominal"):
        named = {} if key == "krippendorff_alpha_nominal" else {"categories": categories}
        found.with_gwet(key, GWETS[key](rows, **named))
    kappa = agree.cohen_kappa(rows, categories=categories)
    found.with_gwet("cohen_kappa", kappa)
    found.values["chance_agreement"] = kappa.expected
    found.put("kappa_max", agree.kappa_max(rows))
    for key, weights in (("cohen_kappa", None), ("weighted_kappa_linear", "linear")):
        errors(found, key, rows, weights, categories, case)
    if kappa.value is not None and len(categories) > 2:
        squared = {"weights": "quadratic", "categories": categories}
        found.with_gwet("percent_agreement_quadratic", agree.percent_agreement(rows, **squared))
        found.with_gwet("weighted_kappa_quadratic", agree.weighted_kappa(rows, **squared))
        found.with_gwet("scott_pi_quadratic", agree.scott_pi(rows, **squared))
        found.with_gwet("gwet_ac2_quadratic", agree.gwet_ac2(rows, **squared))
        found.with_gwet("brennan_prediger_quadratic", agree.brennan_prediger(rows, **squared))
        found.with_gwet("krippendorff_alpha_quadratic", agree.krippendorff_alpha(rows, "interval"))
    if weights := data.get("disagreement_weights"):
        found.put("weighted_kappa", agree.weighted_kappa(rows, weights=weights))
        found.put("krippendorff_alpha_custom", agree.krippendorff_alpha(rows, lambda a, b: weights[a][b]))
    if len(categories) == 2:
        two_by_two(found, rows)
    return found.values


def errors(found, key, rows, weights, categories, case):
    """The errors of kappa: published under other names for the interval of Gwet and of Fleiss, Cohen and Everitt."""
    kappa = agree.cohen_kappa(rows, weights=weights, categories=categories)
    tried = agree.kappa_errors(rows, weights=weights, categories=categories)
    large = kappa.interval(method="fleiss-cohen-everitt")
    found.values |= {
        key: kappa.value,
        f"{key}_variance": tried.large_sample**2,
        f"{key}_se_fce1969": large.standard_error,
        f"{key}_se0": tried.null,
        f"{key}_z": tried.z,
        f"{key}_se_cohen1960": tried.cohen1960,
    }
    if weights is not None:
        found.values |= {f"{key}_se": large.standard_error}
    if case["params"].get("ci", "").startswith("normal"):
        found.values |= {f"{key}_ci_low": large.low, f"{key}_ci_high": large.high}


def two_by_two(found, rows):
    found.put("pabak", agree.pabak(rows, positive=0))
    found.put("prevalence_index_signed", agree.prevalence_index(rows, positive=0))
    found.put("bias_index_signed", agree.bias_index(rows, positive=0))
    found.put("p_pos", agree.positive_agreement(rows, 0))
    found.put("p_neg", agree.negative_agreement(rows, 0))


def of_ratings(data, _case):
    rows = list(zip(*data["units_by_raters"], strict=True))
    found = Found()
    for key in GWETS.keys() - {"cohen_kappa", "scott_pi"}:
        found.with_gwet(key, GWETS[key](rows))
    fleiss, alpha = agree.fleiss_kappa(rows), agree.krippendorff_alpha(rows)
    found.values |= {
        "observed_agreement": fleiss.observed,
        "expected_agreement": fleiss.expected,
        "observed_disagreement": alpha.observed,
        "expected_disagreement": alpha.expected,
        "n_pairs": alpha.pairs,
    }
    if all(None not in row for row in rows):
        null(found, rows)
    found.values["fleiss_kappa_se_gwet"] = fleiss.interval(method="gwet").standard_error
    found.put("randolph_kappa", agree.randolph_kappa(rows))
    found.put("light_kappa", agree.light_kappa(rows))
    found.put("cohen_kappa_pair_1_2", agree.cohen_kappa(rows[0], rows[1]))
    if len(rows) == 2:
        found.put("cohen_kappa", agree.cohen_kappa(rows))
        found.put("scott_pi", agree.scott_pi(rows))
    numbers(found, rows)
    for category, coefficient in agree.fleiss_kappa_by_category(rows).items():
        found.put(f"kappa_cat_{category}", coefficient)
    for category, coefficient in agree.krippendorff_alpha_by_category(rows).items():
        found.put(f"alpha_cat_{category}", coefficient)
    return found.values


def numbers(found, rows):
    if not all(isinstance(value, int) for row in rows for value in row if value is not None):
        return
    squared = {"weights": "quadratic"}
    found.with_gwet("percent_agreement_quadratic", agree.percent_agreement(rows, **squared))
    found.with_gwet("gwet_ac1_quadratic", agree.gwet_ac2(rows, **squared))
    found.with_gwet("fleiss_kappa_quadratic", agree.fleiss_kappa(rows, **squared))
    found.with_gwet("conger_kappa_quadratic", agree.conger_kappa(rows, **squared))
    found.with_gwet("brennan_prediger_quadratic", agree.brennan_prediger(rows, **squared))
    found.with_gwet("krippendorff_alpha_nominal_quadratic", agree.krippendorff_alpha(rows, "interval"))
    for metric in ("ordinal", "interval", "ratio"):
        found.put(f"krippendorff_alpha_{metric}", agree.krippendorff_alpha(rows, metric))


def null(found, rows, categories=None):
    tried = agree.fleiss_errors(rows, categories=categories)
    found.values |= {"fleiss_kappa_se0": tried.null, "fleiss_kappa_z": tried.z}


def of_counts(data, _case):
    categories = range(len(data["units_by_categories"][0]))
    rows = agree.from_counts(data["units_by_categories"])
    found = Found()
    for key in ("gwet_ac1", "fleiss_kappa", "brennan_prediger"):
        found.with_gwet(key, GWETS[key](rows, categories=categories))
    if len(categories) > 2:
        squared = {"weights": "quadratic", "categories": categories}
        found.with_gwet("gwet_ac1_quadratic", agree.gwet_ac2(rows, **squared))
        found.with_gwet("fleiss_kappa_quadratic", agree.fleiss_kappa(rows, **squared))
        found.with_gwet("brennan_prediger_quadratic", agree.brennan_prediger(rows, **squared))
    alpha = agree.krippendorff_alpha(rows)
    found.put("krippendorff_alpha_nominal", alpha)
    found.values["krippendorff_alpha_nominal_se_rawformula"] = alpha.interval(method="gwet").standard_error
    found.put("krippendorff_alpha_quadratic", agree.krippendorff_alpha(rows, "interval"))
    found.put("randolph_kappa", agree.randolph_kappa(rows, categories=categories))
    found.put("fleiss_kappa_unequal_m", agree.fleiss_kappa(rows, unequal="fleiss"))
    gwets = agree.fleiss_kappa(rows)
    found.values |= {
        "fleiss_kappa_gwet": gwets.value,
        "fleiss_kappa_gwet_se": gwets.interval(method="gwet").standard_error,
    }
    for category, coefficient in agree.fleiss_kappa_by_category(rows).items():
        found.put(f"kappa_cat_{category + 1}", coefficient)
    null(found, rows)
    return found.values


def of_sets(data, case):
    rows = list(zip(*data["units_by_raters"], strict=True))
    found = Found()
    found.put("percent_agreement_exact_set", agree.percent_agreement(rows))
    multi = agree.multi_valued_alpha(rows)
    found.put("mv_alpha_nominal", multi)
    for metric in ("masi", "jaccard", "passonneau2004"):
        found.put(f"alpha_{metric}", agree.krippendorff_alpha(rows, metric))
    passonneau = agree.krippendorff_alpha(rows, "passonneau2004")
    asked = passonneau if "alpha_passonneau2004" in case["measure"] else multi
    found.values |= {"observed_disagreement": asked.observed, "expected_disagreement": asked.expected}
    found.put("alpha_masi_leaf", agree.krippendorff_alpha(rows, "masi"))
    found.put("alpha_jaccard_leaf", agree.krippendorff_alpha(rows, "jaccard"))
    level1 = agree.at_level(rows, 1)
    found.put("alpha_masi_level1", agree.krippendorff_alpha(level1, "masi"))
    found.put("alpha_jaccard_level1", agree.krippendorff_alpha(level1, "jaccard"))
    found.put("alpha_jaccard_ancestor_closure", agree.ancestor_closure_alpha(rows))
    for code in "ABC":
        present = agree.code_present(level1, code)
        found.put(f"alpha_{code}", agree.krippendorff_alpha(present))
        ac1 = agree.gwet_ac1(present)
        found.values |= {f"ac1_{code}": ac1.value}
        if ac1.value is not None:
            found.values[f"ac1_se_{code}"] = ac1.interval(method="gwet").standard_error
        given = [value for row in present for value in row if value is not None]
        found.values[f"prevalence_{code}"] = sum(given) / len(given)
    return found.values


def of_set_pairs(data, _case):
    found = Found()
    for place, (first, second) in enumerate(data["pairs"], 1):
        found.values |= {
            f"masi_{place}": agree.masi_distance(first, second),
            f"jaccard_{place}": agree.jaccard_distance(first, second),
            f"dice_{place}": agree.dice_distance(first, second),
        }
    return found.values


def of_tables(data, _case):
    kappas = [agree.cohen_kappa(agree.from_table(table)) for table in data["tables"]]
    tried = agree.homogeneity(kappas)
    found = {f"kappa_{place}": kappa.value for place, kappa in enumerate(kappas, 1)}
    found |= {
        f"se_{place}": kappa.interval(method="fleiss-cohen-everitt").standard_error
        for place, kappa in enumerate(kappas, 1)
    }
    return found | {
        "overall_kappa": tried.overall, "X2": tried.statistic, "p": tried.p, "ci_low": tried.low, "ci_high": tried.high
    }  # fmt: skip


def of_patterns(data, _case):
    units = [pattern for pattern, n in data["counts"].items() for _ in range(n)]
    diagnosis, bdi, ghq = zip(*units, strict=True)
    kappas = [agree.cohen_kappa(diagnosis, bdi), agree.cohen_kappa(diagnosis, ghq)]
    tried = agree.compare_dependent(kappas)
    drawn = agree.bootstrap_difference(*kappas, seed=1, replicates=4000)
    errors = [kappa.interval(method="fleiss-cohen-everitt").standard_error for kappa in kappas]
    return {
        "kappa_diag_BDI": kappas[0].value,
        "kappa_diag_GHQ": kappas[1].value,
        "se_diag_BDI": errors[0],
        "se_diag_GHQ": errors[1],
        "delta_T2": tried.statistic,
        "delta_p_F": tried.p,
        "delta_p_chi2": tried.p_chi2,
        "bootstrap_T2": drawn.statistic,
        "bootstrap_p": drawn.p,
    }


def of_estimate(data, _case):
    levels = agree.benchmark(data["value"], data["se"], data["scale"])
    return {level.name.lower().replace(" ", "_"): level.probability for level in levels}


MEASURES = {
    "table": of_table,
    "ratings": of_ratings,
    "counts": of_counts,
    "sets": of_sets,
    "set_pairs": of_set_pairs,
    "tables": of_tables,
    "pattern_counts": of_patterns,
    "estimate": of_estimate,
}
