"""The base of every configurable part: parameters, their checks, copies and model files.

A part states its parameters in ``__init__`` (which only stores them) and what each accepts in the
table ``_accepts``. What ``fit`` learns ends with an underscore. From these two habits the base
derives ``get_params``, ``set_params``, ``clone``, ``repr``, ``save`` and ``load``.
"""

from __future__ import annotations

import importlib
import inspect
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from labelwright.core.errors import DataError, ParameterError, unknown_name

__all__ = [
    "Accepts",
    "Bool",
    "Instance",
    "Int",
    "Nullable",
    "OneOf",
    "Params",
    "Real",
    "check_argument",
    "load",
    "make",
]

FORMAT = 1


class Accepts(ABC):
    """What values a parameter accepts; subclasses say it in one line each."""

    @abstractmethod
    def allows(self, value: object) -> bool:
        """Whether ``value`` is accepted."""


@dataclass(frozen=True)
class Real(Accepts):
    """A finite number between ``low`` and ``high``, both included unless ``open_low``."""

    low: float = -math.inf
    high: float = math.inf
    open_low: bool = False

    def allows(self, value: object) -> bool:
        """Whether ``value`` is accepted."""
        if isinstance(value, (bool, np.bool_)) or not isinstance(
            value, (int, float, np.integer, np.floating)
        ):
            return False
        above = value > self.low if self.open_low else value >= self.low
        return bool(above and value <= self.high and math.isfinite(value))

    def __str__(self) -> str:
        return _interval("a number", self.low, self.high, self.open_low)


@dataclass(frozen=True)
class Int(Accepts):
    """A whole number between ``low`` and ``high``, both included."""

    low: float = -math.inf
    high: float = math.inf

    def allows(self, value: object) -> bool:
        """Whether ``value`` is accepted."""
        whole = isinstance(value, (int, np.integer)) and not isinstance(value, (bool, np.bool_))
        return whole and self.low <= value <= self.high  # type: ignore[operator]

    def __str__(self) -> str:
        return _interval("a whole number", self.low, self.high, False)


@dataclass(frozen=True)
class Bool(Accepts):
    """True or False."""

    def allows(self, value: object) -> bool:
        """Whether ``value`` is accepted."""
        return isinstance(value, (bool, np.bool_))

    def __str__(self) -> str:
        return "True or False"


class OneOf(Accepts):
    """One of a few named values."""

    def __init__(self, *options: object) -> None:
        self.options = options

    def allows(self, value: object) -> bool:
        """Whether ``value`` is accepted."""
        return any(type(value) is type(option) and value == option for option in self.options)

    def __str__(self) -> str:
        return "one of " + ", ".join(repr(option) for option in self.options)


class Instance(Accepts):
    """An object of one of the given types, or one that has the named methods."""

    def __init__(self, *types: type, having: tuple[str, ...] = ()) -> None:
        self.types = types
        self.having = having

    def allows(self, value: object) -> bool:
        """Whether ``value`` is accepted."""
        if self.types and isinstance(value, self.types):
            return True
        return bool(self.having) and all(callable(getattr(value, m, None)) for m in self.having)

    def __str__(self) -> str:
        names = [kind.__name__ for kind in self.types]
        names += [f"an object with {', '.join(self.having)}"] if self.having else []
        return " or ".join(names)


class Nullable(Accepts):
    """None, or what the inner table entry accepts."""

    def __init__(self, inner: Accepts) -> None:
        self.inner = inner

    def allows(self, value: object) -> bool:
        """Whether ``value`` is accepted."""
        return value is None or self.inner.allows(value)

    def __str__(self) -> str:
        return f"None or {self.inner}"


def check_argument(name: str, value: object, accepts: Accepts) -> None:
    """Refuse an argument of a function, by the same table entries as the parameters of parts.

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


class Params:
    """Base of aggregators, scorers, selectors and other parts with parameters.

    Examples
    --------
    >>> class Smoother(Params):
    ...     _accepts = {"strength": Real(0)}
    ...     def __init__(self, strength=1.0):
    ...         self.strength = strength
    >>> part = Smoother(strength=2.0)
    >>> part, part.clone().set_params(strength=1.0)
    (Smoother(strength=2.0), Smoother())
    """

    _accepts: ClassVar[Mapping[str, Accepts]] = {}

    @classmethod
    def _signature(cls) -> dict[str, inspect.Parameter]:
        parameters = inspect.signature(cls.__init__).parameters
        named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
        return {n: p for n, p in parameters.items() if n != "self" and p.kind in named}

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Parameters by name; with ``deep``, those of parts inside as ``part__name``."""
        found: dict[str, Any] = {name: getattr(self, name) for name in self._signature()}
        if deep:
            for name, value in list(found.items()):
                if hasattr(value, "get_params") and not isinstance(value, type):
                    found |= {f"{name}__{k}": v for k, v in value.get_params().items()}
        return found

    def set_params(self, **params: Any) -> Self:
        """Change parameters by name (``part__name`` reaches inside) and return the part."""
        for name, value in params.items():
            own, _, inner = name.partition("__")
            if own not in self._signature():
                raise unknown_name(
                    f"parameter of {type(self).__name__}",
                    own,
                    self._signature(),
                    error=ParameterError,
                )
            if not inner:
                setattr(self, own, value)
            elif hasattr(part := getattr(self, own), "set_params"):
                part.set_params(**{inner: value})
            else:
                raise ParameterError(
                    f"{own}={part!r} has no parameters of its own, so {name} cannot be set.",
                    where={"parameter": name},
                )
        return self

    def clone(self) -> Self:
        """A new part with the same parameters and nothing learnt."""
        own = self.get_params(deep=False)
        return type(self)(**{name: _unfitted(value) for name, value in own.items()})

    def _check_params(self) -> None:
        for name, accepts in self._accepts.items():
            value = getattr(self, name)
            if not accepts.allows(value):
                raise ParameterError(
                    f"{type(self).__name__}({name}={value!r}) is not accepted.",
                    where={"parameter": name, "value": value},
                    hint=f"{name} is {accepts}.",
                )

    def _check_fitted(self) -> None:
        if not self._state():
            from labelwright.core.errors import NotFittedError

            raise NotFittedError(
                f"This {type(self).__name__} has learnt nothing yet.", hint="Call fit first."
            )

    def _state(self) -> dict[str, Any]:
        return {
            name: value
            for name, value in vars(self).items()
            if name.endswith("_") and not name.startswith("_")
        }

    def __repr__(self) -> str:
        shown = [
            f"{name}={getattr(self, name)!r}"
            for name, parameter in self._signature().items()
            if not _same(getattr(self, name), parameter.default)
        ]
        return f"{type(self).__name__}({', '.join(shown)})"

    def save(self, folder: str | Path) -> Path:
        """Write parameters and what was learnt into ``folder`` as safetensors and JSON."""
        from labelwright.core._state import write_state

        head = {
            "class": class_path(type(self)),
            "params": self.get_params(deep=False),
            "state": self._state(),
        }
        return write_state(Path(folder), head, FORMAT)

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read back what ``save`` wrote; refuses a folder of another class."""
        part = _read(folder, cls)
        if not isinstance(part, cls):
            raise DataError(
                f"{folder} holds a {type(part).__name__}, not a {cls.__name__}.",
                where={"file": str(folder)},
                hint="Use labelwright.core.params.load to read any part.",
            )
        return part


def load(folder: str | Path) -> Any:
    """Read any part that was written by ``save``.

    Only classes of Labelwright and of installed plug-ins are made, so a model file from elsewhere
    cannot run code. A class of your own is read by its own ``load``.
    """
    return _read(folder, Params)


def class_path(kind: type) -> str:
    """The dotted path of a class, by which a model file names it."""
    return f"{kind.__module__}.{kind.__qualname__}"


def make(path: str, params: Mapping[str, Any], state: Mapping[str, Any]) -> Any:
    """Make the part whose class stands at the dotted ``path`` and give it what it had learnt."""
    part = _trusted_class(path)(**params)
    vars(part).update(state)
    return part


def _read(folder: str | Path, asked: type[Params]) -> Any:
    from labelwright.core._state import read_state

    head = read_state(Path(folder), FORMAT)
    if not head.keys() >= {"class", "params", "state"}:
        raise DataError(f"{folder} holds no part of Labelwright.", where={"file": str(folder)})
    if head["class"] != class_path(asked):
        return make(head["class"], head["params"], head["state"])
    # Who asks by the class itself has imported it already.
    part = asked(**head["params"])
    vars(part).update(head["state"])
    return part


def _trusted_class(path: str) -> type[Params]:
    module, _, name = path.rpartition(".")
    if module.partition(".")[0] not in _trusted_packages():
        raise DataError(
            f"A model file asks for {path}, which is no part of Labelwright or of a plug-in.",
            where={"class": path},
            hint="Install the plug-in that brings it.",
        )
    try:
        kind = getattr(importlib.import_module(module), name, None)
    except ImportError:
        kind = None
    if not (isinstance(kind, type) and issubclass(kind, Params)):
        raise DataError(
            f"{path} is no part that this version of Labelwright can load.",
            where={"class": path},
            hint="Load the model with the version that saved it.",
        )
    return kind


def _trusted_packages() -> set[str]:
    from importlib.metadata import entry_points

    plugins = entry_points(group="labelwright.plugins")
    return {"labelwright"} | {point.value.partition(".")[0].partition(":")[0] for point in plugins}


def _unfitted(value: Any) -> Any:
    """A copy of parts, also in lists, that has learnt nothing; anything else as it is."""
    if isinstance(value, Params):
        return value.clone()
    if isinstance(value, (list, tuple)):
        return type(value)(map(_unfitted, value))
    if hasattr(value, "get_params") and not isinstance(value, type):
        from sklearn.base import clone

        return clone(value)
    return value


def _interval(kind: str, low: float, high: float, open_low: bool) -> str:
    above = f"above {low:g}" if open_low else f"{low:g} or more"
    if math.isinf(low):
        return kind if math.isinf(high) else f"{kind}, {high:g} or less"
    if math.isinf(high):
        return f"{kind}, {above}"
    return f"{kind}, {above} and at most {high:g}"


def _same(value: object, default: object) -> bool:
    if isinstance(value, np.ndarray) or isinstance(default, np.ndarray):
        return value is default
    return value is default or (type(value) is type(default) and value == default)
