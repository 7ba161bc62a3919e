"""No test of this room may look at the user's own mirror or cache."""

import pytest


@pytest.fixture(autouse=True)
def empty_places(tmp_path, monkeypatch):
    monkeypatch.delenv("LABELWRIGHT_DATA", raising=False)
    monkeypatch.setenv("LABELWRIGHT_CACHE", str(tmp_path / "cache"))
