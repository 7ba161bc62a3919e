"""What all checks share: a name, needs, parameters that are checked, and findings worst first."""

from __future__ import annotations

import numpy as np
import pytest

from labelwright.audit import Findings, audit
from labelwright.audit.checks import CHECKS, AuditData, Check
from labelwright.core.votes import Votes
from labelwright.testing import check_part
from tests.audit._worlds import noisy


@pytest.fixture(scope="module")
def everything():
    labels, probabilities, _ = noisy(240, 3)
    rng = np.random.default_rng(0)
    given = labels[rng.permutation(240)]
    return audit(
        labels,
        probabilities=probabilities,
        features=rng.normal(size=(240, 5)) + labels[:, None],
        table={"plan": rng.choice(["free", "paid"], 240), "price": rng.normal(size=240)},
        texts=[f"text {row} {'x' * code}" for row, code in enumerate(labels)],
        groups=np.arange(240) // 3,
        split=np.where(np.arange(240) < 160, "train", "test"),
        votes=Votes.from_wide({"a": labels, "b": labels, "c": given}, votes=["a", "b", "c"]),
    )


def test_all_checks_run_where_all_is_given(everything):
    assert list(everything.findings) == list(CHECKS)
    assert not everything.not_run


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_keeps_the_contract(everything, name):
    kind = CHECKS[name]
    check_part(kind())
    assert (kind.name, issubclass(kind, Check)) == (name, True)
    fields = {*AuditData.__dataclass_fields__, "graph"}
    assert {option for need in kind.needs for option in need.split(" or ")} <= fields
    found = everything[name]
    assert isinstance(found, Findings)
    assert (np.diff(found.scores) >= 0).all()
    assert ((found.scores >= 0) & (found.scores <= 1)).all()
    assert 0 <= found.score <= 1
    assert len(found.why) == len(found) == found.to_table().height
    assert all(why and not why.endswith(".") for why in found.why)
    if found.item_scores is not None:
        assert found.item_scores.shape == (240,)


@pytest.mark.parametrize("name", CHECKS)
def test_without_its_needs_a_check_says_what_they_are(name):
    kind = CHECKS[name]
    given = {"texts": ["a"]} if "texts" not in " ".join(kind.needs) else {"split": ["a"]}
    reason = audit(**given, checks=[name]).not_run[name]
    assert reason.startswith("needs ")
