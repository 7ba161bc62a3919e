"""The templates of the room, and what every page is made of."""

from __future__ import annotations

import base64
import hashlib
from functools import cache

import jinja2
from markupsafe import Markup

from labelwright.report import _format

__all__ = ["LARGEST", "environment", "script_and_hash", "source"]

# No page is larger than so many bytes, as far as it can be helped.
LARGEST = 1_000_000


@cache
def environment() -> jinja2.Environment:
    """The templates, which escape whatever the data hold."""
    found = jinja2.Environment(
        loader=jinja2.PackageLoader("labelwright.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {
        name: getattr(_format, name)
        for name in ("count", "number", "percent", "plural", "proportion", "sentence", "shorten")
    }
    names = ("FEW", "SINGULAR", "estimate", "interval", "quality_name", "verified", "within")
    found.globals |= {name: getattr(_format, name) for name in names}
    found.globals |= {"style": _read(found, "style.css"), **_script(_read(found, "tables.js"))}
    return found


def source(name: str) -> Markup:
    """A style sheet or a script, as it is."""
    return _read(environment(), name)


def script_and_hash(name: str) -> dict[str, Markup | str]:
    """A page's own script, and the hash without which the page runs none."""
    return _script(source(name))


def _script(script: Markup) -> dict[str, Markup | str]:
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return {"script": script, "script_hash": f"sha256-{digest}"}


def _read(environment: jinja2.Environment, name: str) -> Markup:
    loader: jinja2.BaseLoader = environment.loader  # type: ignore[assignment]
    return Markup(loader.get_source(environment, name)[0])
