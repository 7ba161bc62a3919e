"""Every public aggregator keeps the contract, and the checks notice one that does not."""

from typing import ClassVar

import numpy as np
import pytest

import labelwright.aggregation as room
from labelwright.aggregation import MajorityVote
from labelwright.aggregation._base import ClassAggregator
from labelwright.aggregation._public import needs_only_votes
from labelwright.core.params import Accepts, Params
from labelwright.core.tables import to_polars
from labelwright.testing import check_aggregator, check_part

AGGREGATORS = [
    part
    for part in (getattr(room, name) for name in room.__all__)
    if isinstance(part, type) and issubclass(part, ClassAggregator) and needs_only_votes(part)
]


@pytest.mark.parametrize("kind", AGGREGATORS, ids=lambda kind: kind.__name__)
def test_public_aggregators_keep_the_contract(kind):
    check_aggregator(kind())


def test_there_is_something_to_check():
    assert len(AGGREGATORS) >= 3


class NotNormalised(MajorityVote):
    def _fit(self, votes, gold):
        super()._fit(votes, gold)
        self.posterior_ = self.posterior_ * 0.9


class UsesGlobalNumbers(MajorityVote):
    def _fit(self, votes, gold):
        np.random.random()  # noqa: NPY002
        super()._fit(votes, gold)


class ForgetsParameters(MajorityVote):
    def __init__(self, *, ties="lowest", random_state=0):
        super().__init__(ties="lowest", random_state=random_state)
        self.ties = "random" if ties == "lowest" else ties


class AlwaysPolars(MajorityVote):
    def to_table(self):
        return to_polars(super().to_table())


class Anything(Accepts):
    def allows(self, value):
        return True


class AcceptsAnything(MajorityVote):
    _accepts: ClassVar = {"ties": Anything()}


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (AlwaysPolars, "to_table gives pandas to users of pandas"),
        (AcceptsAnything, "AcceptsAnything refuses a bad ties: nothing was raised"),
        (NotNormalised, "rows of posterior_ sum to one"),
        (UsesGlobalNumbers, "global random generator"),
        (ForgetsParameters, "repr of ForgetsParameters"),
    ],
)
def test_a_broken_aggregator_is_noticed(broken, message):
    state = np.random.get_state()  # noqa: NPY002
    try:
        with pytest.raises(AssertionError, match=message):
            check_aggregator(broken())
    finally:
        np.random.set_state(state)  # noqa: NPY002


def test_something_that_is_no_part_is_noticed():
    with pytest.raises(AssertionError, match="does not derive from Params"):
        check_part(object())  # type: ignore[arg-type]


def test_a_table_of_checks_that_names_no_parameter_is_noticed():
    class Wrong(Params):
        _accepts: ClassVar = {"strenght": None}

        def __init__(self, strength=1.0):
            self.strength = strength

    with pytest.raises(AssertionError, match="strenght"):
        check_part(Wrong())
