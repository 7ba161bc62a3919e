"""The error tree: what each error is, says and carries."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from sklearn.exceptions import NotFittedError as SklearnNotFittedError

from labelwright.core import errors
from labelwright.core.errors import (
    DataError,
    LabelwrightError,
    MissingExtraError,
    ParameterError,
    nearest,
    unknown_name,
)

ERRORS = [name for name in errors.__all__ if name.endswith("Error")]
WARNINGS = [name for name in errors.__all__ if name.endswith("Warning")]


@pytest.mark.parametrize("name", ERRORS)
def test_every_error_is_ours_and_carries_place_and_hint(name: str) -> None:
    kind = getattr(errors, name)
    error = kind("Wrong.", where={"row": 3}, hint="Do this.")
    assert isinstance(error, LabelwrightError)
    assert kind.__doc__
    assert str(error) == "Wrong. Do this."
    assert error.where == {"row": 3}
    assert str(kind("Wrong.")) == "Wrong."


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_comes_back_whole_from_another_process(name: str) -> None:
    error = getattr(errors, name)("Wrong.", where={"row": 3}, hint="Do this.")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert (str(again), again.where, again.hint) == (str(error), error.where, error.hint)


@pytest.mark.parametrize(
    ("name", "builtin"),
    [
        ("DataError", ValueError),
        ("SpaceError", DataError),
        ("ParameterError", ValueError),
        ("MissingExtraError", ImportError),
        ("NotFittedError", SklearnNotFittedError),
        ("NotFittedError", AttributeError),
    ],
)
def test_what_knows_python_or_scikit_learn_can_catch_ours(name: str, builtin: type) -> None:
    assert issubclass(getattr(errors, name), builtin)


@pytest.mark.parametrize("name", WARNINGS)
def test_every_warning_is_a_warning_for_users(name: str) -> None:
    assert issubclass(getattr(errors, name), errors.LabelwrightWarning)
    assert issubclass(getattr(errors, name), UserWarning)


def test_the_picture_shows_every_error() -> None:
    assert all(name in str(errors.__doc__) for name in (*ERRORS, *WARNINGS))


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'NoSuchError'"):
        _ = errors.NoSuchError


def test_a_row_is_named_once_and_can_be_named_anew() -> None:
    error = DataError("Bad.", where={"column": "x"}, hint="Mend it.").in_row(2)
    assert str(error.in_row(7)) == "Row 7: Bad. Mend it."
    assert error.where == {"column": "x", "row": 7}


def test_a_missing_extra_says_which_command_brings_it() -> None:
    error = MissingExtraError.of("torch", "deep", "Training")
    assert "Training needs the package 'torch'." in str(error)
    assert 'pip install "labelwright[deep]"' in str(error)


@pytest.mark.parametrize(
    ("name", "guess"),
    [("workr", "worker"), ("WORKER", "worker"), ("zzz", None), (17, "171")],
)
def test_the_near_name(name: Any, guess: str | None) -> None:
    assert nearest(name, ["item", "worker", "label", 171]) == guess


def test_an_unknown_name_is_answered_with_what_there_is() -> None:
    error = unknown_name("class", "x", range(20), error=ParameterError, where={"row": 1}, show=3)
    assert isinstance(error, ParameterError)
    assert str(error) == "There is no class 'x'. There is: 0, 1, 2 and 17 more."
    assert error.where == {"class": "x", "row": 1}
    assert "There is: nothing." in str(unknown_name("column", "x", []))
