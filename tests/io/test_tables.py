import gzip
import warnings
from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from labelwright.core.errors import CapabilityError, DataError, DataWarning
from labelwright.io import read_table, write_table

EXACT = ("parquet", "arrow", "feather")
ALL = ("csv", "tsv", "csv.gz", "json", "jsonl", "jsonl.gz", "xlsx", *EXACT)

# csv and json are text, in which a lone surrogate cannot stand; csv refuses NUL.
text = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12
) | st.sampled_from(["=cmd()", "'-1", "''@x", "-", "\t", "\r", '"', '""', "a,b;c|d", "line\nbreak"])
texts = st.lists(st.none() | text, min_size=3, max_size=3)
whole = st.lists(st.none() | st.integers(-(10**18) + 1, 10**18 - 1), min_size=3, max_size=3)
fractions = st.lists(
    st.none() | st.floats(allow_nan=False, allow_infinity=False), min_size=3, max_size=3
)
truth = st.lists(st.none() | st.booleans(), min_size=3, max_size=3)


def with_key(**columns):
    """A frame whose texts cannot be taken for numbers, missing values or empty rows."""
    shown = {
        name: [None if v is None else f"{v}~" if name == "text" else v for v in values]
        for name, values in columns.items()
    }
    return pl.DataFrame(
        {"key": ["k1", "k2", "k3"], **shown},
        schema={
            "key": pl.String,
            "text": pl.String,
            "whole": pl.Int64,
            "fraction": pl.Float64,
            "truth": pl.Boolean,
        },
    )


@given(text=texts, whole=whole, fraction=fractions, truth=truth)
@settings(max_examples=40, deadline=None)
@pytest.mark.parametrize("suffix", ["csv", "tsv", "json", "jsonl", "parquet", "arrow"])
def test_what_is_written_is_read_back(tmp_path_factory, suffix, text, whole, fraction, truth):
    frame = with_key(text=text, whole=whole, fraction=fraction, truth=truth)
    path = write_table(frame, tmp_path_factory.mktemp("round") / f"table.{suffix}")
    back = read_table(path)
    # A column that is missing throughout has no type in text formats.
    missing = [s.name for s in frame if s.null_count() == 3]
    assert_frame_equal(back.drop(missing), frame.drop(missing), check_exact=True)
    assert all(back[name].null_count() == 3 for name in missing)


@given(
    text=texts,
    whole=st.lists(st.none() | st.integers(-(2**53), 2**53), min_size=3, max_size=3),
    truth=truth,
)
@settings(max_examples=25, deadline=None)
def test_worksheets_are_read_back(tmp_path_factory, text, whole, truth):
    # Line ends and control characters are what XML itself changes.
    plain = [None if t is None else "".join(c for c in t if c.isprintable()) for t in text]
    frame = with_key(text=plain, whole=whole, fraction=[0.5, None, -1e300], truth=truth)
    back = read_table(write_table(frame, tmp_path_factory.mktemp("round") / "table.xlsx"))
    missing = [s.name for s in frame if s.null_count() == 3]
    assert_frame_equal(back.drop(missing), frame.drop(missing), check_exact=True)


@given(
    st.lists(st.sampled_from(["=1+1", "'=1+1", "''=", "@a", "'a", "-x", "+", "\ty"]), min_size=1)
)
@settings(max_examples=40, deadline=None)
def test_the_apostrophe_comes_off_again_and_no_cell_can_run(tmp_path_factory, cells):
    path = write_table({"text": cells}, tmp_path_factory.mktemp("safe") / "table.csv")
    assert read_table(path)["text"].to_list() == cells
    written = pl.read_csv(path, infer_schema=False)["text"].to_list()
    assert not any(cell[0] in "=+-@\t\r" for cell in written)


def test_column_names_cannot_run_either(tmp_path):
    path = write_table({"=cmd()": ["a"]}, tmp_path / "table.csv")
    assert path.read_text().startswith("'=cmd()")
    assert read_table(path).columns == ["=cmd()"]


def test_unsafe_writing_and_numbers_stay_as_they_are(tmp_path):
    path = write_table({"text": ["=x"], "n": [-1]}, tmp_path / "t.csv", safe=False)
    assert path.read_text() == "text,n\n=x,-1\n"
    assert write_table({"n": [-1]}, tmp_path / "t.csv").read_text() == "n\n-1\n"


@pytest.mark.parametrize("suffix", ALL)
def test_the_format_is_told_by_content_not_by_name(tmp_path, suffix):
    frame = pl.DataFrame({"key": ["a", "b"], "n": [1, 2]})
    path = write_table(frame, tmp_path / f"table.{suffix}")
    hidden = path.rename(tmp_path / "something.dat")
    assert_frame_equal(read_table(hidden), frame)


def test_written_files_do_not_depend_on_the_time(tmp_path):
    frame = {"key": ["a"], "n": [1]}
    for suffix in ("csv.gz", "xlsx", "parquet"):
        one = write_table(frame, tmp_path / f"one.{suffix}").read_bytes()
        assert one == write_table(frame, tmp_path / f"two.{suffix}").read_bytes()


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = write_table({"a": ["old"]}, tmp_path / "table.csv")
    with pytest.raises(CapabilityError, match="NUL"):
        write_table({"a": ["x\0y"]}, path)
    assert path.read_text() == "a\nold\n"
    assert [p.name for p in tmp_path.iterdir()] == ["table.csv"]


def test_lists_become_json_in_csv_and_bytes_are_refused(tmp_path):
    path = write_table({"a": [["x", "y"], None]}, tmp_path / "t.csv")
    assert read_table(path)["a"].to_list() == ['["x", "y"]', None]
    with pytest.raises(CapabilityError, match="Binary"):
        write_table({"a": [b"x"]}, path)


def test_nested_columns_and_dates_survive_parquet(tmp_path):
    frame = pl.DataFrame({"l": [["x"], []], "s": [{"a": 1}, None], "d": [date(2020, 1, 2), None]})
    assert_frame_equal(read_table(write_table(frame, tmp_path / "t.parquet")), frame)


def test_a_column_that_is_missing_throughout_is_text(tmp_path):
    path = write_table(pl.DataFrame({"a": [1, 2], "b": [None, None]}), tmp_path / "t.parquet")
    assert read_table(path).schema == {"a": pl.Int64, "b": pl.String}


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "json", "parquet", "arrow", "xlsx"])
def test_limit_reads_the_first_rows(tmp_path, suffix):
    path = write_table({"a": list(range(10))}, tmp_path / f"t.{suffix}")
    assert read_table(path, limit=3)["a"].to_list() == [0, 1, 2]


def test_unknown_formats_are_refused(tmp_path):
    for name in ("table.doc", "table", "table.parquet.gz"):
        with pytest.raises(CapabilityError, match="which format"):
            write_table({"a": [1]}, tmp_path / name)


def test_a_missing_file_names_the_near_one(tmp_path):
    (tmp_path / "votes.csv").write_text("a\n1\n")
    with pytest.raises(DataError, match=r"Did you mean .*votes\.csv"):
        read_table(tmp_path / "vote.csv")
    with pytest.raises(DataError, match="no folder"):
        read_table(tmp_path / "nowhere" / "votes.csv")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"%PDF-1.7 ...", "is a PDF"),
        (b"SQLite format 3\0", "SQLite"),
        (b"PAR1 and no more", "damaged"),
        (b"ARROW1 and no more", "damaged"),
        (b"PK\x03\x04 and no more", "breaks off"),
        (b"a,b\n1,x\x00y\n", "Line 2 .* NUL"),
        (gzip.compress(b"a,b\n1,2\n" * 50, mtime=0)[:-12], "breaks off"),
    ],
)
def test_files_that_are_no_tables_say_what_they_are(tmp_path, content, message):
    path = tmp_path / "file.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        read_table(path)
    assert caught.value.where["file"] == str(path)


def test_a_folder_is_no_table(tmp_path):
    with pytest.raises(DataError, match="is a folder"):
        read_table(tmp_path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    "content", ["name;город\nMüller;Köln\n", '[{"name":"Müller","город":"Köln"}]']
)
def test_unicode_is_recognised(tmp_path, encoding, content):
    path = tmp_path / "t.txt"
    # Without a mark UTF-16 is told by the zero bytes of Western text.
    content = (
        content
        if encoding in ("utf-8", "utf-8-sig", "utf-16")
        else content.replace("город", "town")
    )
    path.write_bytes(content.encode(encoding))
    assert read_table(path)["name"].to_list() == ["Müller"]


def test_latin_text_is_read_with_a_warning_that_says_so(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes("stadt,größe\nKöln,5\n".encode("cp1252"))
    with pytest.warns(DataWarning, match="byte 0xF6 in line 1.*Windows-1252"):
        assert read_table(path).columns == ["stadt", "größe"]
    assert read_table(path, encoding="cp1252").rows() == [("Köln", 5)]
    with pytest.raises(DataError, match="is not utf-8: byte"):
        read_table(path, encoding="utf-8")


def test_latin_text_far_down_a_long_file_is_found(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(b"a,b\n" + b"plain,1\n" * 200_000 + b"caf\xe9,2\n")
    with pytest.warns(DataWarning, match="line 200002"):
        assert read_table(path)["a"][-1] == "café"


def test_a_utf8_file_with_a_mark_gives_no_warning_and_a_clean_name(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes("größe,b\n1,2\n".encode("utf-8-sig"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_table(path).columns == ["größe", "b"]
