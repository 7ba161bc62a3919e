"""The check of one argument of a function, by the same table entries as the parameters of parts."""

from __future__ import annotations

from labelwright.core.errors import ParameterError
from labelwright.core.params import Accepts


def check_argument(name: str, value: object, accepts: Accepts) -> None:
    """Refuse a value that is not accepted.

    Raises
    ------
    ParameterError
        Naming the argument, its value and what is accepted.
    """
    if not accepts.allows(value):
        raise ParameterError(
            f"{name}={value!r} is not accepted.",
            where={"parameter": name, "value": value},
            hint=f"{name} is {accepts}.",
        )
