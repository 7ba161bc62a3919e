import json

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelwright.core.errors import DataError, DataWarning
from labelwright.io import read_table


@pytest.fixture
def read(tmp_path):
    def read(content, name="table.json", **options):
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return read_table(path, **options)

    return read


records = st.lists(
    st.fixed_dictionaries(
        {"a": st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=5)},
        optional={"b": st.lists(st.integers(-9, 9), max_size=3), "c": st.integers(-9, 9)},
    ),
    min_size=1,
    max_size=8,
)


@given(records)
@settings(max_examples=60, deadline=None)
@pytest.mark.parametrize("shape", ["list", "lines"])
def test_records_come_back_whatever_keys_they_lack(tmp_path_factory, shape, records):
    path = tmp_path_factory.mktemp("json") / "table.json"
    lines = "\n".join(json.dumps(record) for record in records)
    path.write_text(json.dumps(records, indent=1) if shape == "list" or len(records) < 2 else lines)
    frame = read_table(path)
    for name in frame.columns:
        assert frame[name].to_list() == [record.get(name) for record in records]


def test_types_stay_apart(read):
    frame = read([{"i": 1, "f": 1, "s": "1", "b": True}, {"i": 2, "f": 2.5, "s": "x", "b": None}])
    assert frame.schema == {"i": pl.Int64, "f": pl.Float64, "s": pl.String, "b": pl.Boolean}


def test_mixed_types_become_text_and_are_named(read):
    with pytest.warns(DataWarning, match=r"'a' .* numbers \(first in record 1\), text .* record 3"):
        frame = read([{"a": 1}, {"a": None}, {"a": "one"}, {"a": 2}])
    assert frame["a"].to_list() == ["1", None, "one", "2"]
    with pytest.warns(DataWarning, match="mixes numbers"):
        assert read([{"a": 1}, {"a": True}])["a"].to_list() == ["1", "true"]


def test_ids_beyond_64_bits_stay_exact(read):
    assert read('[{"a": 123456789012345678901234567890}]')["a"].to_list() == [
        "123456789012345678901234567890"
    ]


def test_keys_that_come_late_in_nested_records_are_kept(read):
    frame = read([{"m": {"x": 1}}, {"m": {"y": "z"}}])
    assert frame["m"].to_list() == [{"x": 1, "y": None}, {"x": None, "y": "z"}]


def test_a_list_inside_one_object_is_found(read):
    assert read({"version": 2, "rows": [{"a": 1}]}).rows() == [(1,)]


@pytest.mark.parametrize("end", range(9, 39))
def test_a_file_that_breaks_off_says_in_which_record_and_byte(read, end):
    whole = '[{"ä": 1}, {"ä": "two, or so"}, {"ä": 3}]'
    with pytest.raises(DataError, match="breaks off in record") as caught:
        read(whole[:end])
    assert caught.value.where["row"] == 1 + whole[:end].count("}")
    assert caught.value.where["byte"] <= len(whole[:end].encode())


def test_broken_json_says_where(read):
    with pytest.raises(DataError, match=r"not valid JSON .* in record 2, at byte 14"):
        read('[{"a":1},{"a" 2},{"a":3}]')
    with pytest.raises(DataError, match=r"Line 2 .* not valid JSON .* byte 14"):
        read('{"a": 1}\n{"a" 2}\n{"a": 3}\n')
    with pytest.raises(DataError, match=r"Line 3 .* breaks off at byte 26"):
        read('{"a": 1}\n{"a": 2}\n{"a": 33')


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[]", "no records"),
        ("[{}]", "no records"),
        ("[1, 2]", "Record 1 .* is 1, not an object"),
        ('[{"a": 1}, ["b"]]', "Record 2"),
        ('{"a": 1, "b": 2}', "one JSON object with the keys a, b"),
        ("[" * 100_000, "nested too deep|breaks off"),
        ('[{"a": "\\ud800"}]', "Column 'a' .* cannot be read"),
    ],
)
def test_json_that_is_no_table_says_why(read, content, message):
    with pytest.raises(DataError, match=message):
        read(content)
