"""Where a rule's code stands, so that another process finds the same code."""

from __future__ import annotations

import hashlib
import importlib
import sys
import traceback
from collections.abc import Callable
from functools import reduce
from pathlib import Path
from types import ModuleType
from typing import Any

from labelwright.core.errors import DataError

__all__ = ["found_at", "line_of", "load_file", "place_of"]

PREFIX = "labelwright_rules_"


def place_of(function: Callable[..., Any]) -> tuple[str, str, str]:
    """The file of rules (empty for a module), the module and the name of a function in it.

    Raises
    ------
    TypeError
        If no other process can find it.
    """
    module, name = getattr(function, "__module__", None), getattr(function, "__qualname__", None)
    if module == "__main__":
        raise TypeError("it stands in the program that is running (a notebook or a script)")
    if not module or not name:
        raise TypeError("it has no name in a module")
    file = sys.modules[module].__file__ if module.startswith(PREFIX) else ""
    return str(file), module, name


def found_at(file: str, module: str, name: str) -> Any:
    """What stands at a place; an ImportError or AttributeError if nothing does."""
    home = sys.modules.get(module)
    if home is None:
        home = load_file(file) if file else importlib.import_module(module)
    return reduce(getattr, name.split("."), home)


def load_file(path: str | Path) -> ModuleType:
    """Run a Python file, as long as it stays the same once a process, and return it as a module.

    Raises
    ------
    DataError
        If it cannot be run, naming the line.
    """
    whole = Path(path).resolve()
    source = whole.read_bytes()
    name = PREFIX + hashlib.sha256(f"{whole}\n".encode() + source).hexdigest()[:16]
    if name in sys.modules:
        return sys.modules[name]
    module = sys.modules[name] = ModuleType(name)
    module.__file__ = str(whole)
    # As for a script, files that stand beside it can be imported.
    sys.path.insert(0, str(whole.parent))
    try:
        exec(compile(source, str(whole), "exec", dont_inherit=True), vars(module))
    except Exception as error:
        del sys.modules[name]
        line = error.lineno if isinstance(error, SyntaxError) else line_of(error, str(whole))
        place = f", line {line}" if line else ""
        raise DataError(
            f"{path}{place}: {type(error).__name__}: {error}.",
            where={"file": str(path), "row": line},
            hint="A file of rules is run as Python code before its rules are used.",
        ) from error
    finally:
        sys.path.remove(str(whole.parent))
    return module


def line_of(error: BaseException, file: str) -> int | None:
    """The last line of a file that an error passed through."""
    frames = traceback.extract_tb(error.__traceback__)
    return next((frame.lineno for frame in reversed(frames) if frame.filename == file), None)
