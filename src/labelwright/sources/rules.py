"""Rules: what labels a record or stays silent, and plain functions made into rules."""

from __future__ import annotations

import dataclasses
import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, overload

from labelwright.core.errors import ParameterError
from labelwright.core.params import Instance, check_argument
from labelwright.sources import _code

__all__ = ["RECORD", "FunctionRule", "Label", "Rule", "rule", "settle"]

# A function with a parameter of this name gets the whole record.
RECORD = "record"

Label = str | int | bool


class Rule(ABC):
    """Base of rules: something with a name that votes on a record or stays silent.

    A subclass states ``name``, ``fields`` and ``labels`` and writes ``vote``. Instances are sent
    to other processes, so they hold plain values only.

    Attributes
    ----------
    name : str
        The annotator that its votes belong to.

    Examples
    --------
    >>> class Longer(Rule):
    ...     name, fields = "longer", ("text",)
    ...     def vote(self, text):
    ...         return "spam" if len(text) > 200 else None
    >>> Longer(), Longer().vote("love it")
    (Longer('longer'), None)
    """

    name: str

    @property
    @abstractmethod
    def fields(self) -> tuple[str, ...]:
        """The columns that it reads, in the order in which ``vote`` takes their values."""

    @property
    def labels(self) -> tuple[Label, ...]:
        """The labels that it can give, where that is known beforehand."""
        return ()

    @property
    def file(self) -> str:
        """The Python file of its code, by which an error is placed."""
        return type(self).vote.__code__.co_filename

    @abstractmethod
    def vote(self, *values: Any) -> Any:
        """The label of a record with these values, or None for no vote."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"


@dataclass(frozen=True, repr=False, eq=False)
class FunctionRule(Rule):
    """What :func:`rule` makes of a function; it can still be called as one."""

    function: Callable[..., Any]
    name: str = ""
    label: Label | None = None
    resources: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        if not callable(self.function):
            raise ParameterError(f"{self.function!r} is no function.", hint="Give a function.")
        check_argument("name", self.name, Instance(str))
        check_argument("resources", self.resources, Instance(Mapping))
        name = self.name or getattr(self.function, "__name__", "")
        if not name or name == "<lambda>":
            raise ParameterError(
                "A rule needs a name: votes are reported by it.",
                hint='Give it one: rule(function, name="links").',
            )
        settle(self, name=name, resources=dict(self.resources), __doc__=self.function.__doc__)
        settle(self, _read_fields=_fields_of(self.function, self.resources, name))

    @property
    def fields(self) -> tuple[str, ...]:
        """The parameters of the function that are columns."""
        return self._read_fields  # type: ignore[attr-defined]

    @property
    def labels(self) -> tuple[Label, ...]:
        """The label that was stated, if one was."""
        return () if self.label is None else (self.label,)

    @property
    def file(self) -> str:
        """The file that the function stands in; empty if that is not known."""
        code = getattr(self.function, "__code__", None)
        return code.co_filename if code else ""

    def vote(self, *values: Any) -> Any:
        """What the function says; with a stated label, that label where it says yes."""
        said = self.function(**dict(zip(self.fields, values, strict=True)), **self.resources)
        if self.label is None:
            return said
        if isinstance(said, str) and said:
            raise ParameterError(
                f"It states label={self.label!r}, so it answers True or False, and said {said!r}.",
                hint="Leave out label= for a function that returns labels.",
            )
        return self.label if said else None

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        """What the function says, as if there were no decorator."""
        return self.function(*args, **keywords)

    def __reduce__(self) -> tuple[Any, ...]:
        # A process finds the rule, or its function, by the place where it was written.
        place = _code.place_of(self.function)
        try:
            found = _code.found_at(*place)
        except (ImportError, AttributeError):
            found = None
        if found is self:
            return _code.found_at, place
        if found is self.function:
            return _rule_at, (place, self.name, self.label, self.resources)
        raise TypeError("it is a lambda, or stands inside another function")


@overload
def rule(function: Callable[..., Any], /) -> FunctionRule: ...
@overload
def rule(
    function: None = None,
    /,
    *,
    name: str = "",
    label: Label | None = None,
    resources: Mapping[str, Any] | None = None,
) -> Callable[[Callable[..., Any]], FunctionRule]: ...
@overload
def rule(
    function: Callable[..., Any],
    /,
    *,
    name: str = "",
    label: Label | None = None,
    resources: Mapping[str, Any] | None = None,
) -> FunctionRule: ...
def rule(
    function: Callable[..., Any] | None = None,
    /,
    *,
    name: str = "",
    label: Label | None = None,
    resources: Mapping[str, Any] | None = None,
) -> Any:
    """Make a rule of a function, as a decorator or by a call.

    The function names what it reads: each parameter is a column, a parameter called ``record`` is
    the whole record as a dict. It returns a label, or None for no vote. Parameters with a default
    are its own. It is not asked about a record in which one of its columns is missing; ``record``
    comes as it is.

    Parameters
    ----------
    function : callable
        The rule. Keep it pure: it is asked in several processes and in no certain order.
    name : str, optional
        By default the name of the function.
    label : str, int or bool, optional
        For a function that answers yes or no: what yes votes for; no is no vote.
    resources : mapping, optional
        Further arguments, the same for every record: a table, a model.

    Returns
    -------
    Rule
        Which can still be called as the function.

    Raises
    ------
    ParameterError
        If the function reads nothing, or takes any number of arguments.

    Notes
    -----
    To run in other processes a rule must be found there: write it at the top of a module or of a
    file of rules (:meth:`RuleSet.read`). One that stands in a notebook, in a script that is
    running or in another function, and a lambda, run in this process.

    Examples
    --------
    >>> @rule
    ... def length(text):
    ...     if len(text) > 200:
    ...         return "spam"
    >>> @rule(label="ham", resources={"artists": {"psy", "shakira"}})
    ... def artist(text, artists):
    ...     return not artists.isdisjoint(text.lower().split())
    >>> length.fields, artist.vote("Shakira is great"), artist("hello", {"psy"})
    (('text',), 'ham', False)
    """

    def make(found: Callable[..., Any]) -> FunctionRule:
        return FunctionRule(found, name, label, resources or {})

    return make if function is None else make(function)


def _rule_at(place: tuple[str, ...], *options: Any) -> FunctionRule:
    return FunctionRule(_code.found_at(*place), *options)


def settle(made: Any, **values: Any) -> None:
    """Set attributes of a frozen object that is being made."""
    for name, value in values.items():
        object.__setattr__(made, name, value)


def _fields_of(function: Any, resources: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """The parameters of a function that are columns."""
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError) as error:
        raise ParameterError(
            f"Rule {name!r}: the parameters of {function!r} are not known.",
            hint="Call it in a function of your own.",
        ) from error
    kinds = {p.kind for p in parameters.values()}
    if kinds - {inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY}:
        raise ParameterError(
            f"Rule {name!r} takes any number of arguments, or some only by their place.",
            where={"rule": name},
            hint="Name the columns that it reads: def rule(text, price).",
        )
    unknown = [key for key in resources if key not in parameters]
    if unknown:
        raise ParameterError(
            f"Rule {name!r} has no parameter {unknown[0]!r} for that resource.",
            where={"rule": name},
            hint=f"Its parameters are: {', '.join(parameters)}.",
        )
    empty = inspect.Parameter.empty
    fields = [key for key, p in parameters.items() if p.default is empty and key not in resources]
    if not fields:
        raise ParameterError(
            f"Rule {name!r} reads nothing of a record.",
            where={"rule": name},
            hint=f"Let a parameter name a column, or the whole record: def {name}({RECORD}).",
        )
    return tuple(fields)
