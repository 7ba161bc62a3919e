"""Evidence is no part of the package: it is imported from the root of the repository."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("LABELWRIGHT_CACHE", str(tmp_path / "cache"))
