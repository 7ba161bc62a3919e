"""Versions of what is installed, read from the packages' records without importing them."""

from __future__ import annotations

import platform
import re
from importlib import metadata

__all__ = ["extras", "requirements", "version_of", "versions"]

_NAME = re.compile(r"[A-Za-z0-9._-]+")
_EXTRA = re.compile(r"""extra\s*==\s*['"]([^'"]+)['"]""")


def versions() -> dict[str, str]:
    """What a bug report needs to say about this machine."""
    from labelwright import __version__

    packages = {name: version_of(name) for name in ("numpy", "polars", "scikit-learn", "scipy")}
    return {
        "labelwright": __version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        **{name: version or "missing" for name, version in packages.items()},
    }


def version_of(package: str) -> str | None:
    """The installed version of a package, or None."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def requirements() -> tuple[str, ...]:
    """Packages that Labelwright always needs."""
    return tuple(name for name, extra in _required() if extra is None)


def extras() -> dict[str, tuple[str, ...]]:
    """Names of extras, each with the packages it brings."""
    found: dict[str, tuple[str, ...]] = {}
    for name, extra in _required():
        if extra is not None:
            found[extra] = (*found.get(extra, ()), name)
    return found


def _required() -> list[tuple[str, str | None]]:
    try:
        lines = metadata.requires("labelwright") or []
    except metadata.PackageNotFoundError:
        # Used from a checkout that was never installed.
        return []
    pairs = []
    for line in lines:
        name, extra = _NAME.match(line), _EXTRA.search(line)
        if name:
            pairs.append((name[0], extra[1] if extra else None))
    return pairs
