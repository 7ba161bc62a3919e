"""Every public name of every room: listed, found, documented."""

from __future__ import annotations

import ast
import importlib
import inspect
from pathlib import Path

import pytest

import labelwright

PACKAGE = Path(labelwright.__file__).parent
STUBS = {
    ".".join(stub.parent.relative_to(PACKAGE.parent).parts): stub
    for stub in sorted(PACKAGE.rglob("__init__.pyi"))
}


def imports(stub: Path) -> list[tuple[str, ast.alias]]:
    """File and name of each line ``from .file import name as name`` of a stub."""
    statements = ast.parse(stub.read_text(encoding="utf-8")).body
    return [
        (statement.module or "", alias)
        for statement in statements
        if isinstance(statement, ast.ImportFrom)
        for alias in statement.names
    ]


def methods(kind: type) -> list[tuple[str, object]]:
    """Public methods that were written here, not inherited from another package."""
    return [
        (label, method)
        for label, method in inspect.getmembers(kind, inspect.isroutine)
        if not label.startswith("_")
        and str(getattr(method, "__module__", "")).startswith("labelwright.")
    ]


PUBLIC = [(room, alias.name) for room, stub in STUBS.items() for _, alias in imports(stub)]


def test_every_room_has_a_list_of_public_names():
    doors = {door.with_suffix(".pyi") for door in PACKAGE.rglob("__init__.py")}
    assert doors == set(STUBS.values())


@pytest.mark.parametrize("room", STUBS)
def test_the_list_is_what_the_room_exports(room):
    aliases = [alias for _, alias in imports(STUBS[room])]
    names = [alias.name for alias in aliases]
    assert names == [alias.asname for alias in aliases], "write `from .file import Name as Name`"
    assert len(names) == len(set(names))
    assert not [name for name in names if name.startswith("_")]
    module = importlib.import_module(room)
    assert set(module.__all__) == set(names)
    assert module.__doc__


@pytest.mark.parametrize("room", STUBS)
def test_no_name_is_hidden_by_another_file(room):
    """``from .checks import run`` beside a file ``run.py`` would give one or the other."""
    modules = {path.stem for path in STUBS[room].parent.iterdir()}
    elsewhere = {alias.name for file, alias in imports(STUBS[room]) if file != alias.name}
    assert not modules & elsewhere


@pytest.mark.parametrize(("room", "name"), PUBLIC)
def test_a_public_name_is_found_and_documented(room, name):
    found = getattr(importlib.import_module(room), name)
    assert inspect.getdoc(found), f"{room}.{name} has no docstring"
    if inspect.isclass(found):
        assert vars(found)["__doc__"], f"{room}.{name} borrows its docstring"
        assert not [label for label, method in methods(found) if not inspect.getdoc(method)]
