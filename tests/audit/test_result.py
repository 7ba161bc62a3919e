"""What an audit found: looked up, and kept in a folder."""

from __future__ import annotations

import json

import polars as pl
import pytest

from labelwright.audit import audit
from labelwright.core.errors import CapabilityError, DataError, RunError

TABLE = {"same": ["=x"] * 3, "text": ["a b", "a b", "c d"]}


@pytest.fixture
def found():
    return audit(table=TABLE, texts=TABLE["text"])


def test_findings_are_found_by_the_name_of_their_check(found):
    assert found["columns"].check == "columns"
    with pytest.raises(CapabilityError, match="'leakage' was not run: needs split"):
        found["leakage"]
    with pytest.raises(DataError, match="Did you mean 'columns'"):
        found["column"]


def test_what_is_saved_can_be_read(found, tmp_path):
    folder = found.save(tmp_path / "audit")
    head = json.loads((folder / "audit.json").read_text())
    assert (head["format"], head["kind"], head["n_items"]) == (1, "audit", 3)
    assert head["tables"] == ["summary", *found.findings]
    for name in found.findings:
        table = pl.read_parquet(folder / f"{name}.parquet")
        assert table.equals(found[name].to_table())
        assert pl.read_csv(folder / f"{name}.csv").height == table.height
    assert pl.read_parquet(folder / "summary.parquet").equals(found.summary)


def test_a_second_audit_takes_the_place_of_the_first(found, tmp_path):
    found.save(tmp_path)
    audit(table=TABLE, checks=["columns"]).save(tmp_path)
    assert {path.stem for path in tmp_path.iterdir()} == {"audit", "summary", "columns"}


def test_what_is_no_audit_is_left_alone(found, tmp_path):
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(RunError, match="holds files that are no audit's"):
        found.save(tmp_path)
    with pytest.raises(RunError, match="is a file"):
        found.save(tmp_path / "mine.txt")
    newer = tmp_path / "newer"
    newer.mkdir()
    (newer / "audit.json").write_text('{"format": 2}')
    with pytest.raises(DataError, match="has format 2"):
        found.save(newer)
