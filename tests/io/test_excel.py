import datetime
import logging
import sys

import polars as pl
import pytest

from labelwright.core.errors import CapabilityError, DataError, MissingExtraError
from labelwright.io import read_table, write_table

xlsxwriter = pytest.importorskip("xlsxwriter")


@pytest.fixture
def book(tmp_path):
    """Write worksheets cell by cell, as other programs do."""

    def write(**sheets):
        path = tmp_path / "book.xlsx"
        with xlsxwriter.Workbook(str(path)) as workbook:
            style = workbook.add_format({"num_format": "yyyy-mm-dd"})
            for name, rows in sheets.items():
                sheet = workbook.add_worksheet(name)
                for r, row in enumerate(rows):
                    for c, value in enumerate(row):
                        if isinstance(value, datetime.datetime):
                            sheet.write_datetime(r, c, value, style)
                        elif isinstance(value, str):
                            sheet.write_string(r, c, value)
                        elif value is not None:
                            sheet.write(r, c, value)
        return path

    return write


def test_each_cell_keeps_the_type_that_it_has(book):
    day = datetime.datetime(2024, 5, 1)
    path = book(
        data=[
            ["id", "n", "f", "mixed", "true", "day", "gone"],
            ["007", 1, 1.5, 1, True, day, None],
            ["=cmd()", 2, 2, "t", False, day, None],
        ]
    )
    frame = read_table(path)
    assert frame.to_dict(as_series=False) == {
        "id": ["007", "=cmd()"],
        "n": [1, 2],
        "f": [1.5, 2.0],
        "mixed": ["1", "t"],
        "true": [True, False],
        "day": [day, day],
        "gone": [None, None],
    }
    assert frame["gone"].dtype == pl.String


def test_two_sheets_are_named_and_none_is_guessed(book):
    path = book(first=[["a"], [1]], second=[["b"], [2]], nothing=[])
    with pytest.raises(DataError, match="holds 2 worksheets: 'first', 'second'"):
        read_table(path)
    assert read_table(path, sheet="second").rows() == [(2,)]
    with pytest.raises(DataError, match="Did you mean 'first'"):
        read_table(path, sheet="frist")


def test_an_empty_sheet_beside_a_full_one_is_no_choice(book):
    assert read_table(book(Sheet1=[["a"], [1]], Sheet2=[])).rows() == [(1,)]
    with pytest.raises(DataError, match="is empty"):
        read_table(book(Sheet1=[]))


def test_empty_rows_and_columns_are_left_out(book):
    path = book(data=[["a", None, "b"], [1, None, "x"], [], [2, None, ""]])
    assert read_table(path).to_dict(as_series=False) == {"a": [1, 2], "b": ["x", None]}


def test_repeated_names_are_refused(book):
    with pytest.raises(DataError, match="two columns 'a'"):
        read_table(book(data=[["a", "a"], [1, 2]]))


def test_the_log_stays_quiet_and_as_it_was(book, caplog):
    path = book(data=[["a", "gone"], [1, None]])
    before = logging.getLogger("fastexcel").level
    read_table(path)
    assert (caplog.records, logging.getLogger("fastexcel").level) == ([], before)


def test_ids_that_a_spreadsheet_would_round_are_written_as_text(tmp_path):
    frame = {"id": [2**60 + 1, 1], "small": [2**53, 1]}
    back = read_table(write_table(frame, tmp_path / "t.xlsx"))
    assert back["id"].to_list() == [str(2**60 + 1), "1"]
    assert back["small"].to_list() == [2**53, 1]


def test_text_is_never_a_formula_or_link(tmp_path):
    cells = ["=1+1", "{=1}", "http://example.org", "007"]
    path = write_table({"a": cells}, tmp_path / "t.xlsx")
    assert read_table(path)["a"].to_list() == cells
    assert b"<f>" not in path.read_bytes()


def test_what_a_worksheet_cannot_hold_is_refused(tmp_path):
    with pytest.raises(CapabilityError, match=r"Row 1 of column 'a' has 40,000 characters"):
        write_table({"a": ["x", "y" * 40_000]}, tmp_path / "t.xlsx")
    with pytest.raises(CapabilityError, match="1,048,575 rows"):
        write_table(pl.DataFrame({"a": range(1_048_576)}), tmp_path / "t.xlsx")


def test_times_and_dates(tmp_path):
    frame = pl.DataFrame(
        {
            "naive": [datetime.datetime(2024, 5, 1, 12, 30)],
            "zoned": [datetime.datetime(2024, 5, 1, tzinfo=datetime.UTC)],
        }
    )
    back = read_table(write_table(frame, tmp_path / "t.xlsx"))
    assert back["naive"][0] == datetime.datetime(2024, 5, 1, 12, 30)
    assert back["zoned"][0].startswith("2024-05-01 00:00:00")


def test_a_damaged_worksheet_and_a_missing_extra(book, monkeypatch, tmp_path):
    path = book(data=[["a"], [1]])
    (tmp_path / "cut.xlsx").write_bytes(path.read_bytes()[:-300])
    with pytest.raises(DataError, match="breaks off"):
        read_table(tmp_path / "cut.xlsx")
    monkeypatch.setitem(sys.modules, "fastexcel", None)
    with pytest.raises(MissingExtraError, match=r'pip install "labelwright\[excel\]"'):
        read_table(path)
