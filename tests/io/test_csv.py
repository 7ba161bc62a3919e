import csv
import io

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelwright.core.errors import DataError, DataWarning, ParameterError
from labelwright.io import read_table


@pytest.fixture
def read(tmp_path):
    def read(content, name="table.csv", **options):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_table(path, **options)

    return read


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1", "-2", "0"], [1, -2, 0]),
        (["007", "8"], ["007", "8"]),
        (["+1", "2"], ["+1", "2"]),
        (["-0", "1"], ["-0", "1"]),
        ([" 1", "2"], [" 1", "2"]),
        (["123456789012345678", "1"], [123456789012345678, 1]),
        (["1234567890123456789", "1"], ["1234567890123456789", "1"]),
        (["12345678901234567890", "1.5"], ["12345678901234567890", "1.5"]),
        (["1", "2.5"], [1.0, 2.5]),
        (["1.", ".5", "-1e-3"], [1.0, 0.5, -0.001]),
        (["1e20", "1e21"], [1e20, 1e21]),
        (["12e4", "123"], ["12e4", "123"]),
        (["00.5", "1.5"], ["00.5", "1.5"]),
        (["true", "false", ""], [True, False, None]),
        (["True", "FALSE"], [True, False]),
        (["true", "yes"], ["true", "yes"]),
        (["NA", "1"], ["NA", "1"]),
        (["None", "null"], ["None", "null"]),
        (["", "1"], [None, 1]),
        (["2020-01-01", ""], ["2020-01-01", None]),
        (["1,5", "2,5"], ["1,5", "2,5"]),
        ([">10000", "5"], [">10000", "5"]),
    ],
)
def test_a_column_is_typed_only_if_every_cell_clearly_is(read, cells, expected):
    content = "key;value\n" + "".join(f"k;{cell}\n" for cell in cells)
    assert read(content)["value"].to_list() == expected


def test_a_late_cell_decides_too(read):
    content = "key,n\n" + "k,1\n" * 5000
    assert read(content)["n"].dtype == pl.Int64
    assert read(content + "k,1.5\n")["n"].dtype == pl.Float64
    assert read(content + "k,none\n")["n"].dtype == pl.String
    assert read(content + "k,\n")["n"].dtype == pl.Int64
    assert read("key,n\n" + "k,\n" * 5000 + "k,007\n")["n"].dtype == pl.String


cell = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), min_size=1, max_size=6
).map(lambda t: f"x{t}")


@given(
    rows=st.lists(st.lists(cell, min_size=2, max_size=2), min_size=1, max_size=30),
    separator=st.sampled_from(",;\t|"),
    line_end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
@settings(max_examples=80, deadline=None)
def test_what_pythons_csv_module_writes_is_read(
    tmp_path_factory, rows, separator, line_end, quoting
):
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=separator, lineterminator=line_end, quoting=quoting)
    writer.writerows([["first", "second"], *rows])
    path = tmp_path_factory.mktemp("csv") / "table.csv"
    path.write_bytes(stream.getvalue().encode())
    found = read_table(path, separator=separator)
    assert [list(row) for row in found.rows()] == rows


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found_though_texts_hold_others(read, separator):
    rows = [["id", "text"], ["1", "well, yes; or no"], ["2", "a|b\tc"], ["3", "x, y, z"]]
    quoted = "\n".join(separator.join(f'"{c}"' for c in row) for row in rows)
    assert read(quoted).columns == ["id", "text"]
    plain = f"id{separator}text\n1{separator}hello\n2{separator}bye\n"
    assert read(plain).rows() == [(1, "hello"), (2, "bye")]


def test_decimal_commas_do_not_separate(read):
    assert read("a;b\n1,5;2,5\n3,5;4,5\n").columns == ["a", "b"]


def test_one_column_of_text_with_commas(read):
    assert read("text\nhello, world\nso, it, goes\n")["text"].to_list() == [
        "hello, world",
        "so, it, goes",
    ]


def test_a_stated_separator_holds(read):
    assert read("a,b;c\n1,2;3\n", separator=";").columns == ["a,b", "c"]
    with pytest.raises(ParameterError, match="not one character"):
        read("a,b\n", separator="::")


@pytest.mark.parametrize(
    ("content", "line", "found"),
    [
        ("a,b,c\n1,2,3\n1,2\n", 3, 2),
        ("a,b,c\n1,2,3\n1,2,3,4\n", 3, 4),
        ('a,b\n"x\ny",2\n3\n', 4, 1),
        ('a,b\n"q, ""r""",2\n3\n1,2\n', 3, 1),
        ("a,b\n\n\n1\n", 4, 1),
        ("a,b\n1,\n2\n", 3, 1),
    ],
)
def test_ragged_rows_are_named_with_their_line(read, content, line, found):
    with pytest.raises(DataError, match=f"Line {line} .* has {found} field") as caught:
        read(content)
    assert (caught.value.where["row"], caught.value.where["found"]) == (line, found)


def test_a_short_row_deep_in_a_long_file_is_found(read):
    with pytest.raises(DataError, match=r"Line 150003 .* has 1 field, and the header has 2"):
        read("a,b\n" + "1,2\n" * 150_001 + "1\n" + "1,2\n" * 1000)


def test_a_quote_that_is_never_closed_is_named_where_it_opens(read):
    with pytest.raises(DataError, match=r"begins in line 3 .* never closed"):
        read('a,b\n1,2\n3,"open\n4,5\n6,7\n')
    with pytest.raises(DataError, match=r"begins in line 2 .* after a closing quote"):
        read('a,b\n"x"y,2\n')


def test_quotes_inside_plain_text_are_text(read):
    assert read('a,b\n5" pipe,x\n2,the "best" one\n').rows() == [
        ('5" pipe', "x"),
        ("2", 'the "best" one'),
    ]


def test_blank_lines_are_no_rows_and_missing_values_are(read):
    assert read("\n\na,b\n1,x\n\n2,\n\n\n").rows() == [(1, "x"), (2, None)]
    assert read("a,b\n1,x\n,\n").rows() == [(1, "x"), (None, None)]
    assert read('a\nx\n\n""\ny\n')["a"].to_list() == ["x", None, "y"]


def test_line_ends_of_all_systems(read):
    for end in ("\n", "\r\n", "\r"):
        assert read(end.join(["a,b", "1,x", "2,y"])).rows() == [(1, "x"), (2, "y")]


def test_header_only_gives_columns_without_rows(read):
    frame = read("item,worker,label\n")
    assert (frame.height, frame.columns) == (0, ["item", "worker", "label"])


def test_repeated_names_are_refused_and_missing_ones_given(read):
    with pytest.raises(DataError, match="two columns 'a', in places 1 and 3"):
        read("a,b,a\n1,2,3\n")
    assert read(",a,\n1,2,\n").columns == ["column_1", "a"]


def test_a_first_line_that_looks_like_values_is_warned_of(read):
    with pytest.warns(DataWarning, match="looks like values"):
        read("17,3,1\n18,3,2\n")
    assert read("0,1,2\n5,6,7\n").columns == ["0", "1", "2"]


def test_a_cell_of_ten_megabytes(read):
    big = 'x"\n' * (10_000_000 // 3)
    quoted = '"' + big.replace('"', '""') + '"'
    assert read(f"a,b\n{quoted},\n1,2\n")["a"][0] == big
    assert csv.field_size_limit() < len(big)


def test_a_million_rows_are_read_without_a_python_loop(read, monkeypatch):
    monkeypatch.setattr("labelwright.io._csv._Csv.records", None)
    frame = read("item,label\n" + "17,ham\n" * 1_000_000)
    assert frame.shape == (1_000_000, 2)
    assert frame.schema == {"item": pl.Int64, "label": pl.String}
