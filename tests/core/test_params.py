"""Parameters: their table, copies, text and checks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import pytest
from sklearn.base import clone as sklearn_clone
from sklearn.linear_model import LogisticRegression

from labelwright.core.errors import NotFittedError, ParameterError
from labelwright.core.params import (
    Accepts,
    Bool,
    Instance,
    Int,
    Nullable,
    OneOf,
    Params,
    Real,
    check_argument,
)


class Part(Params):
    """A part with one parameter of each sort."""

    _accepts: ClassVar[Mapping[str, Accepts]] = {
        "strength": Real(0, 10, open_low=True),
        "steps": Int(1),
        "rule": OneOf("first", "last", 1),
        "loud": Bool(),
        "seed": Nullable(Int(0)),
        "inner": Nullable(Instance(Params, having=("fit", "predict"))),
    }

    def __init__(
        self,
        strength: float = 1.0,
        *,
        steps: int = 5,
        rule: Any = "first",
        loud: bool = False,
        seed: int | None = None,
        inner: Any = None,
    ) -> None:
        self.strength = strength
        self.steps = steps
        self.rule = rule
        self.loud = loud
        self.seed = seed
        self.inner = inner

    def fit(self) -> Part:
        self._check_params()
        self.learnt_ = np.arange(self.steps)
        self._cache_ = 1
        return self

    def answer(self) -> int:
        self._check_fitted()
        return int(self.learnt_.sum())


class Bare(Params):
    """A part without parameters."""


def test_parameters_go_in_and_come_out() -> None:
    part = Part(2.0, steps=3)
    assert part.get_params() == {
        "strength": 2.0,
        "steps": 3,
        "rule": "first",
        "loud": False,
        "seed": None,
        "inner": None,
    }
    assert Part(**part.get_params()).get_params() == part.get_params()
    assert part.set_params(steps=7) is part
    assert part.steps == 7
    assert Bare().get_params() == {}


def test_parameters_of_a_part_inside_are_reached_by_name() -> None:
    part = Part(inner=Part(steps=2))
    assert part.get_params()["inner__steps"] == 2
    assert "inner__steps" not in part.get_params(deep=False)
    part.set_params(inner__steps=9, inner__inner=Part())
    assert part.inner.steps == 9
    assert part.set_params(inner__inner__steps=1).inner.inner.steps == 1
    assert Part(inner=Part).get_params() == {**Part().get_params(), "inner": Part}


def test_an_unknown_parameter_is_answered_with_the_near_one() -> None:
    with pytest.raises(ParameterError, match=r"parameter of Part 'step'\. Did you mean 'steps'"):
        Part().set_params(step=1)
    with pytest.raises(ParameterError, match="steps=5 has no parameters of its own"):
        Part().set_params(steps__more=1)


@pytest.mark.parametrize("clone", [Part.clone, sklearn_clone])
def test_a_clone_has_the_parameters_and_nothing_learnt(clone: Any) -> None:
    part = Part(steps=2, inner=Part(steps=3).fit()).fit()
    copy = clone(part)
    assert type(copy) is Part
    assert copy is not part
    assert copy.inner is not part.inner
    assert copy.inner.steps == 3
    assert not copy._state()
    assert not copy.inner._state()


def test_a_clone_shares_no_estimator_or_list_of_parts() -> None:
    classifier = LogisticRegression(C=0.5).fit([[0], [1]], [0, 1])
    part = Part(inner=[("first", Part().fit()), classifier]).clone()
    (name, first), other = part.inner
    assert name == "first"
    assert not first._state()
    assert other.C == 0.5
    assert not hasattr(other, "coef_")
    assert Part(inner=LogisticRegression).clone().inner is LogisticRegression


def test_text_shows_what_differs_from_the_defaults() -> None:
    assert repr(Part()) == "Part()"
    assert repr(Part(1, rule="last", inner=Part(steps=2))) == (
        "Part(strength=1, rule='last', inner=Part(steps=2))"
    )
    assert repr(Part(seed=np.zeros(1))) == "Part(seed=array([0.]))"


def test_what_was_learnt_is_what_ends_with_an_underscore() -> None:
    with pytest.raises(NotFittedError, match=r"This Part has learnt nothing yet\. Call fit first"):
        Part().answer()
    part = Part().fit()
    assert part.answer() == 10
    assert list(part._state()) == ["learnt_"]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"strength": 0}, r"Part\(strength=0\) is not accepted. strength is a number, above 0 and"),
        ({"strength": 11}, "at most 10"),
        ({"strength": float("nan")}, "strength is a number"),
        ({"strength": True}, "strength is a number"),
        ({"strength": "1"}, "strength is a number"),
        ({"steps": 0}, "steps is a whole number, 1 or more"),
        ({"steps": 2.0}, "steps is a whole number"),
        ({"steps": True}, "steps is a whole number"),
        ({"rule": "best"}, "rule is one of 'first', 'last', 1"),
        ({"rule": True}, "rule is one of"),
        ({"loud": 1}, "loud is True or False"),
        ({"seed": -1}, "seed is None or a whole number"),
        ({"inner": 3}, "inner is None or Params or an object with fit, predict"),
    ],
)
def test_what_is_not_accepted_is_named_with_what_would_be(params: Any, message: str) -> None:
    with pytest.raises(ParameterError, match=message) as caught:
        Part(**params).fit()
    assert caught.value.where["parameter"] in params


@pytest.mark.parametrize(
    "params",
    [
        {"strength": np.float32(3), "steps": np.int64(2), "loud": np.bool_(True)},
        {"rule": 1, "seed": 0, "inner": Part()},
        {"inner": LogisticRegression()},
    ],
)
def test_what_is_accepted_passes(params: Any) -> None:
    Part(**params).fit()


@pytest.mark.parametrize(
    ("accepts", "text"),
    [
        (Real(), "a number"),
        (Real(high=2), "a number, 2 or less"),
        (Real(0), "a number, 0 or more"),
        (Real(0, open_low=True), "a number, above 0"),
        (Int(0, 3), "a whole number, 0 or more and at most 3"),
        (Instance(int, str), "int or str"),
    ],
)
def test_a_table_entry_says_itself_in_words(accepts: Accepts, text: str) -> None:
    assert str(accepts) == text


def test_an_argument_of_a_function_is_held_against_the_same_table() -> None:
    check_argument("k", 3, Int(1))
    with pytest.raises(ParameterError, match="k=0 is not accepted") as caught:
        check_argument("k", 0, Int(1))
    assert caught.value.where == {"parameter": "k", "value": 0}
    assert str(Int(1)) in str(caught.value.hint)
