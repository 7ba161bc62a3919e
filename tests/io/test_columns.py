import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelwright.core.errors import DataError
from labelwright.io import match_columns

COLUMNS = ["id", "w_10", "w_2", "w_1", "q.responses[]", "q.responses.users[]"]


def test_a_star_matches_in_natural_order():
    assert match_columns(COLUMNS, "w_*") == {"w_1": "1", "w_2": "2", "w_10": "10"}
    assert list(match_columns(COLUMNS, "w_?")) == ["w_1", "w_2"]


def test_everything_but_the_stars_is_literal():
    assert match_columns(COLUMNS, "q.responses[]") == {"q.responses[]": "q.responses[]"}
    assert list(match_columns(COLUMNS, "*.responses[]")) == ["q.responses[]"]
    assert match_columns(["a*b", "axb"], "a*b") == {"a*b": "a*b"}


def test_a_list_keeps_its_order():
    assert list(match_columns(COLUMNS, ["w_2", "w_1", "i*"])) == ["w_2", "w_1", "id"]


name = st.text(st.characters(exclude_characters="*"), min_size=1, max_size=5)


@given(st.lists(name, min_size=1, unique=True))
@settings(deadline=None)
def test_every_column_is_found_by_its_own_name(columns):
    for name in columns:
        assert name in match_columns(columns, name)
    assert set(match_columns(columns, "*")) == set(columns)


def test_what_matches_nothing_is_an_error():
    with pytest.raises(DataError, match=r"No column fits 'worker_\*'.*'w_10'"):
        match_columns(COLUMNS, "worker_*")
    with pytest.raises(DataError, match=r"no column 'w_l'.*Did you mean 'w_"):
        match_columns(COLUMNS, ["w_l"])
    with pytest.raises(DataError, match="No columns are named"):
        match_columns(COLUMNS, [])
