"""What an import loads, by module list rather than by clock."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import labelwright

PACKAGE = Path(labelwright.__file__).parent
ROOMS = sorted(
    ".".join(door.parent.relative_to(PACKAGE.parent).parts) for door in PACKAGE.rglob("__init__.py")
)
HEAVY = {"altair", "pandas", "polars", "pyarrow", "scipy.stats", "sklearn", "torch", "transformers"}

HELP = """
import sys
sys.argv = ["labelwright", "--help"]
from labelwright.cli import main
try:
    main()
except SystemExit:
    pass
"""
LOADED = "import sys; print(*sys.modules, file=sys.stderr)"


def modules_after(code: str) -> set[str]:
    """Names of all modules that a fresh interpreter has loaded once it has run ``code``."""
    run = subprocess.run(
        [sys.executable, "-c", f"{code}\n{LOADED}"], check=True, capture_output=True, text=True
    )
    return set(run.stderr.split())


def test_a_heavy_module_would_be_seen():
    assert "sklearn" in modules_after("import sklearn")


@pytest.mark.parametrize("room", ROOMS)
def test_entering_a_room_loads_nothing_heavy(room):
    assert not modules_after(f"import {room}") & HEAVY


def test_help_loads_neither_plots_nor_models():
    assert not modules_after(HELP) & {"altair", "torch", "transformers"}
