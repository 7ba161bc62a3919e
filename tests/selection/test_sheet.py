"""Blind sheets out and filled-in sheets back."""

from __future__ import annotations

import io

import numpy as np
import polars as pl
import pytest

from labelwright.core.errors import DataError, ParameterError
from labelwright.core.spaces import Classes
from labelwright.selection import blind_sheet, read_sheet, sample

RECORDS = pl.DataFrame(
    {
        "id": [f"r{i}" for i in range(40)],
        "text": [f"text {i}" for i in range(40)],
        "model": ["spam"] * 40,
    }
)
DRAWN = sample(40, 12)


def filled(frame: pl.DataFrame, label: str = "ham") -> pl.DataFrame:
    return frame.with_columns(pl.lit(label).alias("label"))


def test_what_goes_out_comes_back() -> None:
    sheet = blind_sheet(RECORDS, DRAWN, ["text"], id="id")[0]
    truth = {f"r{i}": "spam" if i % 3 else "ham" for i in range(40)}
    answered = sheet.with_columns(pl.Series("label", [truth[name] for name in sheet["id"]]))
    as_csv = pl.read_csv(io.StringIO(answered.sample(fraction=1, shuffle=True).write_csv()))
    found = read_sheet(as_csv, ["ham", "spam"], DRAWN, ids=RECORDS["id"], id="id")
    expected = np.full(40, -1)
    expected[DRAWN.indices] = [int(i % 3 > 0) for i in DRAWN.indices]
    assert found.gold().tolist() == expected.tolist()
    assert found.problems == ()


def test_a_sheet_shows_only_what_was_asked_for_in_another_order() -> None:
    sheet = blind_sheet(RECORDS, DRAWN, ["text"])[0]
    assert sheet.columns == ["row", "text", "label"]
    assert sheet["label"].null_count() == 12
    assert sorted(sheet["row"]) == sorted(DRAWN.indices)
    assert sheet["text"].to_list() == [f"text {row}" for row in sheet["row"]]
    assert sheet["row"].to_list() != DRAWN.indices.tolist()
    assert sheet.equals(blind_sheet(RECORDS, DRAWN, ["text"])[0])


def test_coders_share_the_overlap_and_divide_the_rest() -> None:
    sheets = blind_sheet(RECORDS, DRAWN, ["text"], coders=3, overlap=0.25)
    rows = [set(sheet["row"]) for sheet in sheets]
    assert [len(one) for one in rows] == [6, 6, 6]
    assert len(rows[0] & rows[1] & rows[2]) == 3
    assert set.union(*rows) == set(DRAWN.indices)
    assert len(blind_sheet(RECORDS, DRAWN, ["text"], overlap=0.5)[0]) == 12


def test_problems_are_listed_and_the_rest_is_kept() -> None:
    sheet = filled(blind_sheet(RECORDS, DRAWN, ["text"])[0])
    labels = [" ham ", "hma", None, "", "no"] + ["ham"] * 7
    changed = sheet.with_columns(pl.Series("label", labels))[:11]
    foreign = changed[:1].with_columns(pl.lit(99, pl.Int64).alias("row"))
    changed = pl.concat([changed, changed[:1], foreign])
    space = Classes(["ham", "spam"], aliases={"no": "ham"})
    found = read_sheet(changed, space, DRAWN)
    assert (len(found.codes), found.n_unanswered) == (8, 2)
    said = {problem["problem"]: problem for problem in found.problems}
    assert said.keys() == {
        "'hma' is no class; 'ham'?",
        "appears twice",
        "added: not in the sample",
        "missing from every sheet",
    }
    assert said["'hma' is no class; 'ham'?"]["id"] == sheet["row"][1]
    assert said["missing from every sheet"]["id"] == sheet["row"][11]
    assert found.to_table()["label"].unique().to_list() == ["ham"]


def test_coders_who_differ_leave_no_gold() -> None:
    first = filled(blind_sheet(RECORDS, DRAWN, [], coders=2, overlap=1.0)[0])
    second = filled(first, "spam")[:3]
    found = read_sheet([first, second], ["ham", "spam"], DRAWN)
    assert (found.gold() >= 0).sum() == 9
    assert [p["problem"] for p in found.problems] == ["coders differ"] * 3
    assert found.problems[0]["label"] == ["ham", "spam"]


def test_numbers_from_a_spreadsheet_are_whole() -> None:
    drawn = sample(2, 2)
    sheet = pl.DataFrame({"row": [0.0, 1.0], "label": [5.0, float("nan")]})
    found = read_sheet(sheet, [1, 5], drawn)
    assert found.gold().tolist() == [1, -1]
    assert found.n_unanswered == 1


def test_abstaining_is_no_answer() -> None:
    sheet = filled(blind_sheet(RECORDS, DRAWN, ["text"])[0], "unsure")
    found = read_sheet(sheet, Classes(["ham", "spam"], abstain=["unsure"]), DRAWN)
    assert (found.n_unanswered, found.problems) == (12, ())
    assert found.to_table().height == 0


def test_bad_input_is_refused() -> None:
    with pytest.raises(DataError, match="Did you mean 'text'"):
        blind_sheet(RECORDS, DRAWN, ["txt"])
    with pytest.raises(DataError, match="from 40 records"):
        blind_sheet(RECORDS[:5], DRAWN, ["text"])
    with pytest.raises(DataError, match="'spam' does not name one record"):
        blind_sheet(RECORDS, DRAWN, ["text"], id="model")
    with pytest.raises(DataError, match="empty 'label'"):
        blind_sheet(RECORDS.rename({"model": "label"}), DRAWN, ["label"])
    with pytest.raises(ParameterError, match="coders"):
        blind_sheet(RECORDS, DRAWN, ["text"], coders=0)
    with pytest.raises(ParameterError, match="overlap"):
        blind_sheet(RECORDS, DRAWN, ["text"], overlap=20)
    with pytest.raises(DataError, match="There is no column 'label'"):
        read_sheet(pl.DataFrame({"row": [1]}), ["a"], DRAWN)
    with pytest.raises(DataError, match="2 ids for 40"):
        read_sheet(pl.DataFrame({"row": [1], "label": ["a"]}), ["a"], DRAWN, ids=["x", "y"])
