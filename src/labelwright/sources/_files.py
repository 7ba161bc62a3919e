"""Rules in files: TOML that needs no programmer, or Python code.

::

    format = 1
    classes = ["ham", "spam"]        # may be left out

    [[rule]]
    kind = "keyword"
    words = ["subscribe", "check out"]
    label = "spam"

    [[rule]]
    kind = "regex"
    name = "praise"
    pattern = "love|best"
    label = "ham"
    field = "text"

    [[rule]]
    kind = "lookup"
    table = "sites.csv"              # beside this file; or a table: {"mit.edu" = "ham"}
    key = "domain"
    label = "class"
    field = "site"
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from labelwright.core.errors import CapabilityError, DataError, LabelwrightError, unknown_name
from labelwright.core.files import check_format, write_bytes
from labelwright.core.spaces import Classes
from labelwright.sources._code import load_file
from labelwright.sources.rules import Rule
from labelwright.sources.simple_rules import KeywordRule, LookupRule, RegexRule

__all__ = ["read", "write"]

FORMAT = 1
KINDS: dict[str, type[Rule]] = {"keyword": KeywordRule, "regex": RegexRule, "lookup": LookupRule}
KEYS = {kind: tuple(f.name for f in fields(made)) for kind, made in KINDS.items()}  # type: ignore[arg-type]
OF_TABLE = ("table", "key", "label", "field", "name")
NEEDED = {"keyword": ("words", "label"), "regex": ("pattern", "label"), "lookup": ("table",)}


def read(path: Path) -> tuple[list[Rule], Classes | None]:
    """The rules of a file, and the classes that it states."""
    readers = {".toml": _read_toml, ".py": _read_python}
    if path.suffix not in readers:
        raise DataError(
            f"It is not clear what kind of rules {path} holds.",
            where={"file": str(path)},
            hint="Rules stand in a file that ends in .toml or .py.",
        )
    if not path.is_file():
        raise DataError(f"There is no file {path}.", where={"file": str(path)})
    return readers[path.suffix](path)


def _read_python(path: Path) -> tuple[list[Rule], None]:
    found = [one for one in vars(load_file(path)).values() if isinstance(one, Rule)]
    if not found:
        raise DataError(
            f"{path} holds no rule.",
            where={"file": str(path)},
            hint="Write @rule (from labelwright.sources) above the functions.",
        )
    return list({id(one): one for one in found}.values()), None


def _read_toml(path: Path) -> tuple[list[Rule], Classes | None]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        where = {"file": str(path)}
        raise DataError(f"{path} is no valid TOML: {error}.", where=where) from error
    check_format(content.pop("format", None), FORMAT, path)
    classes, entries = content.pop("classes", None), content.pop("rule", None)
    if content:
        known = ("format", "classes", "rule")
        raise unknown_name("key", next(iter(content)), known, where={"file": str(path)})
    if not isinstance(entries, list) or not entries:
        raise DataError(
            f"{path} holds no rule.", where={"file": str(path)}, hint="Add a table [[rule]]."
        )
    rules = [_rule(entry, number, path) for number, entry in enumerate(entries, 1)]
    return rules, None if classes is None else Classes(classes)


def _rule(entry: Any, number: int, path: Path) -> Rule:
    """One rule; whatever is wrong with it is told with its place."""
    try:
        return _made(dict(entry), path.parent)
    except LabelwrightError as error:
        name = entry.get("name", "")
        error.message = f"{path}, rule {number}{f' ({name})' if name else ''}: {error.message}"
        error.where |= {"file": str(path), "rule": name or number}
        raise


def _made(options: dict[str, Any], folder: Path) -> Rule:
    kind = options.pop("kind", None)
    if kind not in KINDS:
        raise unknown_name("kind of rule", kind, KINDS)
    in_file = kind == "lookup" and isinstance(options.get("table"), str)
    known = OF_TABLE if in_file else KEYS[kind]
    unknown = next((key for key in options if key not in known), None)
    if unknown is not None:
        raise unknown_name("key", unknown, known)
    needed = ("table", "key", "label") if in_file else NEEDED[kind]
    lacking = next((key for key in needed if key not in options), None)
    if lacking is not None:
        raise DataError(f"A {kind} rule needs {lacking!r}.", hint=f"It has {', '.join(known)}.")
    if in_file:
        return LookupRule.from_table(folder / options.pop("table"), **options)
    if kind == "lookup":
        options.setdefault("field", "text")
    return KINDS[kind](**options)


def write(rules: Sequence[Rule], classes: Classes | None, path: Path) -> Path:
    """Write rules as TOML; what stands at its default is left out."""
    import tomlkit

    document = tomlkit.document()
    document.add("format", tomlkit.item(FORMAT))
    if classes is not None:
        document.add("classes", tomlkit.item(list(classes.names)))
    entries = tomlkit.aot()
    for rule in rules:
        entries.append(tomlkit.item(_entry(rule)))
    document.add("rule", entries)
    return write_bytes(path, tomlkit.dumps(document).encode())


def _entry(rule: Rule) -> dict[str, Any]:
    kind = next((kind for kind, made in KINDS.items() if type(rule) is made), None)
    if kind is None:
        raise CapabilityError(
            f"Rule {rule.name!r} is code, which TOML cannot hold.",
            where={"rule": rule.name},
            hint="Keep such rules in a Python file.",
        )
    stated = {f.name: getattr(rule, f.name) for f in fields(rule)}  # type: ignore[arg-type]
    if kind == "lookup" and not all(isinstance(key, str) for key in stated["table"]):
        raise CapabilityError(
            f"Rule {rule.name!r} looks up values that are no text, which TOML cannot hold.",
            where={"rule": rule.name},
        )
    defaults = {f.name: f.default for f in fields(rule)}  # type: ignore[arg-type]
    kept = {key: _plain(value) for key, value in stated.items() if value != defaults[key]}
    return {"kind": kind, "name": rule.name} | kept


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
