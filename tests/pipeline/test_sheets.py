"""Sheets out, filled in by people, and back."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from labelwright.core.errors import CapabilityError, DataError, ParameterError, RunError
from labelwright.core.spaces import Classes, Numbers
from labelwright.io import read_table, write_table
from labelwright.pipeline.sheets import SheetPlan, read_sheets, write_sheets

TRUTH = ["spam", "ham", "ham"] * 20
TEXTS = [f"=cmd() record number {number} has été <b>text</b>" for number in range(60)]


@pytest.fixture
def records(tmp_path: Path) -> Path:
    """Sixty records, with a machine's label that no coder may see."""
    table = {
        "id": [f"r{number}" for number in range(60)],
        "body": TEXTS,
        "label": TRUTH,
        "score": np.linspace(0, 1, 60),
        "site": ["a"] * 45 + ["b"] * 15,
    }
    return write_table(table, tmp_path / "records.csv")


def fill_in(path: Path, label_of: dict[str, str | None], key: str = "id") -> None:
    """Label a sheet as a person would, in whatever program: the whole file is written anew."""
    sheet = read_table(path)
    labels = [label_of.get(name) for name in sheet[key].to_list()]
    write_table(sheet.with_columns(label=pl.Series(labels, dtype=pl.String)), path)


@pytest.mark.parametrize("end", ["csv", "tsv", "xlsx", "jsonl"])
def test_what_was_filled_in_comes_back_with_its_probability(records, tmp_path, end):
    out = tmp_path / f"gold.{end}"
    plan = write_sheets(records, out, 20, id="id", by="site")
    fill_in(out, {f"r{row}": TRUTH[row] for row in range(60)})
    found = read_sheets(out)
    assert found.plan.to_dict() == plan.to_dict()
    drawn = np.flatnonzero(found.gold >= 0)
    assert drawn.size == 20
    assert [found.plan.classes[code] for code in found.gold[drawn]] == [TRUTH[r] for r in drawn]
    assert np.isclose(np.nansum(1 / found.inclusion), 60)
    assert not found.reading.problems
    assert found.to_table().columns == ["id", "label", "inclusion"]


def test_the_sheet_is_blind_and_shuffled_and_the_same_for_a_seed(records, tmp_path):
    first, again, other = (
        write_sheets(records, tmp_path / f"{name}.csv", 30, id="id", seed=seed)
        for name, seed in (("a", 0), ("b", 0), ("c", 1))
    )
    sheet = read_table(tmp_path / "a.csv")
    assert sheet.columns == ["id", "body", "choices", "label"]
    assert sheet["choices"].unique().to_list() == ["ham | spam"]
    assert sheet["label"].null_count() == 30
    assert sheet["id"].to_list() != sorted(sheet["id"].to_list())
    assert "'=cmd()" in (tmp_path / "a.csv").read_text()
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    assert first.ids == again.ids != other.ids


def test_several_coders_share_what_overlaps(records, tmp_path):
    plan = write_sheets(records, tmp_path / "gold.csv", 40, id="id", coders=2, overlap=0.5)
    assert plan.sheets == ("gold_1.csv", "gold_2.csv")
    one, two = (set(read_table(tmp_path / name)["id"]) for name in plan.sheets)
    assert (len(one), len(two), len(one & two), len(one | two)) == (30, 30, 20, 40)


def test_what_is_wrong_is_listed_and_the_rest_is_kept(records, tmp_path):
    plan = write_sheets(records, tmp_path / "gold.csv", 10, id="id", classes=["ham", "spam"])
    wrong, empty, gone, *right = plan.ids
    fill_in(plan.path.with_name("gold.csv"), {wrong: "spma", **dict.fromkeys(right, " ham ")})
    sheet = read_table(tmp_path / "gold.csv").filter(pl.col("id") != gone)
    added = sheet.head(1).with_columns(id=pl.lit("r999"), label=pl.lit("ham"))
    write_table(pl.concat([sheet, added]), tmp_path / "gold.csv")
    found = read_sheets(tmp_path / "gold.csv")
    said = "\n".join(found.findings())
    assert "7 of 10 drawn records have a label." in said
    assert f"gold.csv, id {wrong}: 'spma' is no class; 'spam'?" in said
    assert "gold.csv, id r999: added: not in the sample" in said
    assert f"id {gone}: missing from every sheet" in said
    assert found.reading.n_unanswered == 1
    assert empty not in said


def test_a_coder_who_has_not_finished_and_coders_who_differ(records, tmp_path):
    plan = write_sheets(records, tmp_path / "gold.csv", 6, id="id", coders=3, overlap=1)
    fill_in(tmp_path / "gold_1.csv", dict.fromkeys(plan.ids, "ham"))
    fill_in(tmp_path / "gold_2.csv", {plan.ids[0]: "spam"})
    (tmp_path / "gold_3.csv").unlink()
    found = read_sheets(plan.path)
    assert found.filled == (6, 1, None)
    assert "gold_3.csv: not there" in found.findings()
    assert found.gold[plan.sample.indices].tolist() == [-1, 0, 0, 0, 0, 0]
    assert found.to_table()["label"].to_list() == [None, *["ham"] * 5]


def test_one_row_a_vote_is_drawn_by_item(tmp_path):
    table = {"hit": list("aabbccdd"), "said": list("xyxxyyxy"), "text": ["long text here"] * 8}
    path = write_table(table, tmp_path / "votes.csv")
    plan = write_sheets(path, tmp_path / "gold.csv", 3, id="hit", show="text", classes=["x", "y"])
    assert plan.sample.n == 4
    assert len(set(plan.ids)) == 3
    with pytest.raises(DataError, match="'said' differs between rows of one 'hit'"):
        write_sheets(path, tmp_path / "b.csv", 3, id="hit", show="said", classes=["x"])


def test_numbers_are_cut_into_strata_and_missing_ones_are_a_stratum(tmp_path):
    score = [None, None, *np.linspace(0, 1, 98)]
    table = {"text": [f"some text number {n}" for n in range(100)], "score": score}
    path = write_table(table, tmp_path / "a.csv")
    plan = write_sheets(path, tmp_path / "g.csv", 20, by="score", bins=4, classes=["x", "y"])
    assert plan.sample.design == "stratified random sample, 5 strata"


def test_groups_stay_together(records, tmp_path):
    plan = write_sheets(records, tmp_path / "g.csv", 15, id="id", group="site")
    sites = {"a" if int(name[1:]) < 45 else "b" for name in plan.ids}
    assert len(sites) == 1


def test_definitions_and_aliases_of_a_codebook_reach_the_coders(records, tmp_path):
    space = Classes(["ham", "spam"], definitions={"spam": "sells"}, aliases={"junk": "spam"})
    plan = write_sheets(records, tmp_path / "g.csv", 5, id="id", classes=space)
    assert "  ham\n  spam: sells\n" in plan.guide.read_text()
    fill_in(tmp_path / "g.csv", dict.fromkeys(plan.ids, "junk"))
    assert read_sheets(tmp_path / "g.csv").to_table()["label"].unique().to_list() == ["spam"]


def test_labels_of_numbers_come_back_as_numbers(tmp_path):
    table = {"text": [f"some text number {n}" for n in range(9)], "label": [0, 1, 1] * 3}
    path = write_table(table, tmp_path / "a.csv")
    plan = write_sheets(path, tmp_path / "g.csv", 4)
    fill_in(tmp_path / "g.csv", dict.fromkeys(range(9), "1"), key="row")
    assert plan.classes == (0, 1)
    assert read_sheets(tmp_path / "g.csv").to_table()["label"].to_list() == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"k": 61}, ParameterError, "61 cannot be drawn from 60 records"),
        ({"k": 0}, ParameterError, "0 cannot be drawn"),
        ({"overlap": 0.5}, ParameterError, "An overlap needs two coders"),
        ({"id": "site"}, DataError, "'body' differs between rows of one 'site'"),
        ({"id": "di"}, DataError, "There is no column 'di'"),
        ({"show": "bodi"}, DataError, "Did you mean 'body'"),
        ({"by": "sit"}, DataError, "Did you mean 'site'"),
        ({"by": "site", "group": "site"}, ParameterError, "not several"),
    ],
    ids=str,
)
def test_what_cannot_be_drawn(records, tmp_path, options, error, message):
    with pytest.raises(error, match=message):
        write_sheets(records, tmp_path / "gold.csv", **{"k": 5, **options})
    assert not list(tmp_path.glob("gold*"))


def test_what_is_not_clear_is_asked(tmp_path):
    path = write_table({"a": [1, 2, 3], "b": [0.5, 0.1, 0.2]}, tmp_path / "a.csv")
    with pytest.raises(DataError, match=r"not clear which labels are allowed.*--classes"):
        write_sheets(path, tmp_path / "g.csv", 2, show="a")
    with pytest.raises(DataError, match=r"No column .* looks like text.*--show"):
        write_sheets(path, tmp_path / "g.csv", 2, classes=["x"])
    with pytest.raises(CapabilityError, match=r"one class a record, .* holds numbers"):
        write_sheets(path, tmp_path / "g.csv", 2, classes=Numbers())


def test_labels_of_people_are_never_overwritten(records, tmp_path):
    write_sheets(records, tmp_path / "gold.csv", 5)
    (tmp_path / "gold.csv").unlink()
    with pytest.raises(RunError, match=r"gold\.plan\.json exists"):
        write_sheets(records, tmp_path / "gold.csv", 5)


def test_row_numbers_into_a_file_that_has_changed_are_refused(records, tmp_path):
    write_sheets(records, tmp_path / "gold.csv", 5)
    write_sheets(records, tmp_path / "named.csv", 5, id="id")
    write_table(read_table(records).reverse(), records)
    assert read_sheets(tmp_path / "named.csv").plan.id == "id"
    with pytest.raises(DataError, match="has changed since the sheets were drawn"):
        read_sheets(tmp_path / "gold.csv")


def test_plans_that_cannot_be_used(records, tmp_path):
    with pytest.raises(DataError, match="No plan beside"):
        read_sheets(records)
    plan = write_sheets(records, tmp_path / "gold.csv", 5, id="id")
    (tmp_path / "gold.csv").unlink()
    with pytest.raises(DataError, match="None of the sheets"):
        read_sheets(plan.path)
    content = json.loads(plan.path.read_text())
    for change, message in (
        ({"format": 2}, "format 2; this version"),
        ({"kind": "run"}, "is no plan of sheets"),
    ):
        plan.path.write_text(json.dumps(content | change))
        with pytest.raises(DataError, match=message):
            SheetPlan.read(plan.path)
