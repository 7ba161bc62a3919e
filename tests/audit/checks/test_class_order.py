from __future__ import annotations

import numpy as np
import pytest

from labelwright.audit import audit
from tests.audit._worlds import noisy

LABELS, PROBABILITIES, _ = noisy(900, 5)


def order(labels, probabilities, **options):
    return audit(labels, probabilities=probabilities, checks=["class_order"], **options)[
        "class_order"
    ]


@pytest.mark.parametrize("permutation", [[1, 0, 2, 3, 4], [1, 2, 3, 4, 0], [4, 3, 2, 1, 0]])
def test_columns_in_another_order_are_found_with_their_place(permutation):
    found = order(LABELS, PROBABILITIES[:, permutation])
    moved = [code for code in range(5) if permutation[code] != code]
    assert sorted(found.subject.tolist()) == moved
    where = dict(zip(found.subject.tolist(), found.evidence["column"].tolist(), strict=True))
    assert all(permutation[column] == code for code, column in where.items())
    assert "are the columns of the probabilities in the order of the classes?" in found.why[0]


def test_the_right_order_and_useless_models_raise_no_alarm():
    assert len(order(LABELS, PROBABILITIES)) == 0
    rng = np.random.default_rng(0)
    for k in (2, 5, 40):
        noise = rng.dirichlet(np.ones(k), size=900)
        found = order(rng.integers(k, size=900), noise)
        assert len(found) == 0
        assert found.score == 1


def test_a_class_that_is_often_taken_for_another_is_no_matter_of_order():
    labels = np.where((LABELS == 1) & (np.arange(900) % 4 > 0), 2, LABELS)
    assert len(order(labels, PROBABILITIES)) == 0


def test_names_stand_in_the_answer():
    names = ["ham", "spam", "a", "b", "c"]
    swapped = PROBABILITIES[:, [1, 0, 2, 3, 4]]
    found = order([names[code] for code in LABELS], swapped, classes=names)
    assert set(found.subject) == {"ham", "spam"}
    assert set(found.evidence["column"]) == {"ham", "spam"}
