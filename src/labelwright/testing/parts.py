"""What every part with parameters must do."""

from __future__ import annotations

from labelwright.core.errors import NotFittedError, ParameterError
from labelwright.core.params import Params
from labelwright.testing._expect import expect, expect_error

__all__ = ["check_part", "not_fitted"]

LONGEST_REPR = 200


def check_part(part: Params) -> None:
    """Check parameters, copies and ``repr`` of a part that has not been fitted.

    Raises
    ------
    AssertionError
        With a sentence that says what was expected.

    Examples
    --------
    >>> from labelwright.aggregation import MajorityVote
    >>> check_part(MajorityVote())
    """
    expect(isinstance(part, Params), f"{type(part).__name__} does not derive from Params")
    name = type(part).__name__
    stated = part.get_params(deep=False)
    expect(type(part)(**stated).get_params(deep=False) == stated, f"{name}: __init__ only stores")
    copy = part.clone()
    expect(copy is not part, f"{name}.clone gives a new part")
    expect(copy.get_params(deep=False) == stated, f"{name}.clone keeps the parameters")
    expect(not copy._state(), f"{name}.clone has learnt nothing")
    expect(part.set_params(**stated) is part, f"{name}.set_params returns the part")
    shown = repr(type(part)())
    expect(shown == f"{name}()", f"repr of {name} with defaults is {name}(), not {shown}")
    expect(len(repr(part)) < LONGEST_REPR, f"{name}: repr is short")
    unknown = {"no_such_parameter": 1}
    expect_error(
        ParameterError,
        "no_such_parameter",
        lambda: part.set_params(**unknown),
        f"{name}.set_params names an unknown parameter",
    )
    missing = [entry for entry in part._accepts if entry not in stated]
    expect(not missing, f"{name}._accepts names {missing}, which are no parameters")
    for entry in part._accepts:
        expect_error(
            ParameterError,
            entry,
            part.clone().set_params(**{entry: object()})._check_params,
            f"{name} refuses a bad {entry}",
        )


def not_fitted() -> type[Exception]:
    """The error of a method that is called before ``fit``; scikit-learn's is its base."""
    return NotFittedError
