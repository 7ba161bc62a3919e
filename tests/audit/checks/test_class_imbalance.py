from __future__ import annotations

import numpy as np
import pytest

from labelwright.audit import audit
from labelwright.audit.checks import ClassImbalanceCheck


def test_a_class_is_rare_below_a_tenth_of_an_equal_share():
    for n_rare, found_rare in ((49, True), (50, False)):
        labels = np.r_[np.zeros(500), np.ones(451 + 49 - n_rare), np.full(n_rare, 2)].astype(int)
        check = ClassImbalanceCheck(fraction=0.15)
        found = audit(labels, checks=[check])["class_imbalance"]
        assert found.subject.tolist() == ([2] if found_rare else [])
        assert found.item_scores[-1] == n_rare / 1000
        assert found.item_scores[0] == 1


def test_every_rare_class_is_listed_the_rarest_first_and_absent_ones_too():
    labels = ["a"] * 900 + ["b"] * 8 + ["c"] * 3 + [None] * 5
    found = audit(labels, classes=["a", "b", "c", "d"])["class_imbalance"]
    assert found.subject.tolist() == ["d", "c", "b"]
    assert found.kinds.tolist() == ["class without items", "rare class", "rare class"]
    assert found.why[0] == "no item has this label"
    assert found.why[1] == ("3 items have this label, 0.33% of all; an equal share would be 25.00%")
    assert np.isnan(found.item_scores[-5:]).all()
    assert found.item_scores[905] == pytest.approx(8 / 911)
    assert found.score == 0.25


def test_equal_classes_are_fine():
    found = audit([0, 1] * 10)["class_imbalance"]
    assert (len(found), found.score) == (0, 1)
