"""Every study runs, and every kept result belongs to the study as it stands."""

import importlib
from dataclasses import replace
from pathlib import Path

import pytest
from evidence._harness import RESULTS, measure

from labelwright.core.files import read_json

ROOT = Path(__file__).parents[2] / "evidence"
MODULES = sorted(
    ".".join(path.relative_to(ROOT.parent).with_suffix("").parts)
    for path in ROOT.glob("*/*.py")
    if not path.name.startswith("_")
)


@pytest.mark.parametrize("name", MODULES)
def test_the_kept_result_is_that_of_the_study(name):
    study = importlib.import_module(name).STUDY
    kept = read_json(RESULTS / f"{study.slug}.json")
    assert not kept["quick"]
    assert [claim["text"] for claim in kept["claims"]] == [claim.text for claim in study.claims]
    assert {entry["name"] for entry in kept["sets"]} == {m.name for m in study.materials}
    assert any(not claim.seen for claim in study.claims)
    assert study.slug == name.rpartition(".")[2].replace("_", "-")


def test_dawid_skene_on_the_set_that_comes_with_the_package(tmp_path):
    from evidence.aggregation._crowds import BASELINE, OUR_RULES
    from evidence.aggregation.dawid_skene import OURS, STUDY

    small = replace(
        STUDY,
        methods=[method for method in STUDY.methods if method.name in (OURS, BASELINE)],
        materials=[material for material in STUDY.materials if material.name == OUR_RULES],
    )
    report = measure(small, quick=True, folder=tmp_path)
    found = {(row["method"], row["figure"]): row["value"] for row in report["figures"]}
    assert found[BASELINE, "gain"] == 0
    assert found[OURS, "accuracy"] == pytest.approx(
        found[BASELINE, "accuracy"] + found[OURS, "gain"]
    )
    assert found[OURS, "accuracy"] > 0.85
