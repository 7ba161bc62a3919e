"""Every error and warning that Labelwright raises on purpose.

::

    LabelwrightError                 what went wrong; .where it is; .hint what to do
    ├── DataError (ValueError)       the data cannot be read the way it was asked for
    │   └── SpaceError               a label does not belong to the label space
    ├── ParameterError (ValueError)  a parameter has a value that is not accepted
    ├── NotFittedError               scikit-learn's, for a method called before ``fit``
    ├── IdentifiabilityError         these data cannot determine what was asked for
    ├── MissingExtraError (ImportError)   an optional dependency is not installed
    ├── BudgetError                  going on would cost more than was allowed
    ├── CapabilityError              this part cannot do what was asked of it
    └── RunError                     a run folder or stage cannot be used or continued

    LabelwrightWarning (UserWarning)
    ├── ConvergenceWarning           an iteration stopped before it had settled
    └── DataWarning                  data were read, and something about them should be known
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Self

__all__ = [
    "BudgetError",
    "CapabilityError",
    "ConvergenceWarning",
    "DataError",
    "DataWarning",
    "IdentifiabilityError",
    "LabelwrightError",
    "LabelwrightWarning",
    "MissingExtraError",
    "NotFittedError",
    "ParameterError",
    "RunError",
    "SpaceError",
    "nearest",
    "unknown_name",
]


class LabelwrightError(Exception):
    """Base of all errors: a message, where it happened and what to do.

    Parameters
    ----------
    message : str
        What is wrong, in one sentence.
    where : mapping, optional
        The place, for programs: ``row``, ``column``, ``annotator``, ``item``, ``file`` ...
    hint : str, optional
        What to do, or what would have been accepted.

    Examples
    --------
    >>> str(LabelwrightError("Column 'labl' is not there.", hint="Did you mean 'label'?"))
    "Column 'labl' is not there. Did you mean 'label'?"
    """

    def __init__(
        self, message: str, *, where: Mapping[str, Any] | None = None, hint: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.where = dict(where or {})
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()

    def in_row(self, row: int) -> Self:
        """The error itself, now naming a row; asked again, it names the other row instead.

        Examples
        --------
        >>> str(DataError("'hamm' is no class.").in_row(3))
        "Row 3: 'hamm' is no class."
        """
        self.message = f"Row {row}: {self.args[0]}"
        self.where["row"] = int(row)
        return self


class DataError(LabelwrightError, ValueError):
    """The data cannot be read the way it was asked for."""


class SpaceError(DataError):
    """A label does not belong to the label space."""


class ParameterError(LabelwrightError, ValueError):
    """A parameter has a value that is not accepted."""


class IdentifiabilityError(LabelwrightError):
    """These data cannot determine what was asked for."""


class MissingExtraError(LabelwrightError, ImportError):
    """An optional dependency is not installed."""

    @classmethod
    def of(cls, package: str, extra: str, purpose: str) -> MissingExtraError:
        """Name the package, why it is wanted and the command that brings it."""
        return cls(
            f"{purpose} needs the package {package!r}.",
            where={"package": package, "extra": extra},
            hint=f'Install it with: pip install "labelwright[{extra}]"',
        )


class BudgetError(LabelwrightError):
    """Going on would cost more than was allowed."""


class CapabilityError(LabelwrightError):
    """The part cannot do what was asked of it."""


class RunError(LabelwrightError):
    """A run folder or a stage cannot be used or continued."""


class LabelwrightWarning(UserWarning):
    """Base of all warnings."""


class ConvergenceWarning(LabelwrightWarning):
    """An iteration stopped before it had settled."""


class DataWarning(LabelwrightWarning):
    """Data were read, and something about them should be known."""


if TYPE_CHECKING:

    class NotFittedError(LabelwrightError, ValueError, AttributeError):
        """A method was called before ``fit``."""


def __getattr__(name: str) -> Any:
    # scikit-learn takes a second to import, so its class is joined only when somebody asks for it.
    if name != "NotFittedError":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from sklearn.exceptions import NotFittedError as SklearnNotFittedError

    joined = type(
        name,
        (LabelwrightError, SklearnNotFittedError),
        {"__doc__": "A method was called before ``fit``.", "__module__": __name__},
    )
    globals()[name] = joined
    return joined


def nearest(name: object, known: Iterable[object]) -> str | None:
    """The known name that ``name`` was probably meant to be, or None.

    Examples
    --------
    >>> nearest("workr", ["item", "worker", "label"])
    'worker'
    """
    by_text = {str(option): str(option) for option in known}
    by_text |= {text.casefold(): text for text in by_text}
    close = difflib.get_close_matches(str(name).casefold(), list(by_text), n=1, cutoff=0.6)
    return by_text[close[0]] if close else None


def unknown_name(
    what: str,
    name: object,
    known: Iterable[object],
    *,
    error: type[LabelwrightError] = DataError,
    where: Mapping[str, Any] | None = None,
    show: int = 12,
) -> LabelwrightError:
    """The one form of 'there is no such name': what was given, the near name, what there is.

    Examples
    --------
    >>> str(unknown_name("column", "workr", ["item", "worker"]))
    "There is no column 'workr'. Did you mean 'worker'? There is: 'item', 'worker'."
    """
    options = list(known)
    guess = nearest(name, options)
    listed = ", ".join(repr(option) for option in options[:show]) or "nothing"
    more = f" and {len(options) - show} more" if len(options) > show else ""
    hint = (f"Did you mean {guess!r}? " if guess else "") + f"There is: {listed}{more}."
    return error(f"There is no {what} {name!r}.", where={what: name, **(where or {})}, hint=hint)
