import datetime

import polars as pl
import pytest

from labelwright.core.errors import DataError, ParameterError
from labelwright.core.spaces import Classes, Tags
from labelwright.io import read_records, read_votes, write_table

# The same votes in every shape that a file may have: x: ham, spam; y: ham; z: nobody.
LONG = {"id": ["x", "x", "y"], "who": ["ann", "bo", "bo"], "said": ["ham", "spam", "ham"]}
WIDE = {"id": ["x", "y", "z"], "ann": ["ham", None, None], "bo": ["spam", "ham", None]}
SLOTS = {
    "id": ["x", "y", "z"],
    "label_1": ["ham", "ham", None],
    "label_2": ["spam", None, None],
    "who_1": ["ann", "bo", None],
    "who_2": ["bo", None, None],
}
COUNTS = {"id": ["x", "y", "z"], "n_ham": [1, 1, 0], "n_spam": [1, 0, 0]}
LISTS = {"id": ["x", "y", "z"], "said": ["ham; spam", "ham", None], "who": ["ann;bo", "bo", None]}


@pytest.fixture
def file(tmp_path):
    return lambda columns, name="votes.csv": write_table(columns, tmp_path / name)


@pytest.mark.parametrize("name", ["votes.csv", "votes.jsonl", "votes.parquet", "votes.xlsx"])
@pytest.mark.parametrize(
    ("columns", "options", "anonymous"),
    [
        (LONG, {"annotator": "who", "label": "said"}, False),
        (WIDE, {"votes": ["ann", "bo"]}, False),
        (SLOTS, {"votes": "label_*", "annotators": "who_*"}, False),
        (SLOTS, {"votes": "label_*", "slots": True}, True),
        (COUNTS, {"counts": "n_*"}, True),
        (LISTS, {"label": "said", "split": ";"}, True),
        (LISTS, {"label": "said", "annotator": "who", "split": ";"}, False),
    ],
)
def test_all_shapes_hold_the_same_votes(file, columns, options, anonymous, name):
    votes = read_votes(file(columns, name), item="id", **options)
    assert votes.space.names == ("ham", "spam")
    assert dict(zip(votes.items, votes.counts().tolist(), strict=True)) in (
        {"x": [1, 1], "y": [1, 0]},
        {"x": [1, 1], "y": [1, 0], "z": [0, 0]},
    )
    assert votes.anonymous is anonymous
    if not anonymous:
        people = votes.to_table().drop_nulls("label").sort("item", "annotator")
        assert people["annotator"].to_list() == ["ann", "bo", "bo"]


def test_a_table_in_memory_is_read_like_a_file():
    assert len(read_votes(pl.DataFrame(WIDE), item="id", votes=["ann", "bo"])) == 3


def test_an_unstated_shape_is_never_guessed(file):
    path = file({"item": ["x"], "annotator": ["ann"], "label": ["ham"]})
    with pytest.raises(DataError, match="'item', 'annotator', 'label'") as caught:
        read_votes(path)
    for call in ('annotator="', 'votes="worker_*"', "slots=True", 'counts="', 'split=";"'):
        assert call in caught.value.hint


def test_labels_without_annotators_are_no_votes(file):
    with pytest.raises(ParameterError, match=r"without annotator=.* labels, not votes"):
        read_votes(file(LONG), item="id", label="said")
    with pytest.raises(ParameterError, match="without item="):
        read_votes(file(LONG), annotator="who", label="said")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"votes": "a*", "label": "b"}, "label and votes are both given"),
        ({"votes": "a*", "annotators": "b*", "slots": True}, "nobody knows"),
        ({"annotators": "b*", "label": "b"}, "need votes="),
        ({"votes": "a*", "split": ";"}, "need label="),
        ({"item": "id"}, "it is not said which hold votes"),
        ({"votes": "ann", "format": "label-studio"}, "format= is for"),
        ({"votes": "ann", "question": "topic"}, "question= is for"),
        ({"votes": "ann", "space": Tags(["a"]), "classes": ["a"]}, "Both space= and classes="),
        ({"format": "label-studo"}, "Did you mean 'label-studio'"),
        ({"votes": "nobody_*"}, "No column fits"),
        ({"item": "idd", "votes": ["ann"]}, "Did you mean 'id'"),
    ],
)
def test_contradictions_and_half_shapes_are_refused(file, options, message):
    with pytest.raises((ParameterError, DataError), match=message):
        read_votes(file(WIDE), **options)


def test_patterns_of_unequal_length_or_ends_are_refused():
    table = pl.DataFrame(SLOTS)
    with pytest.raises(DataError, match=r"names 2 columns \(label_1, label_2\) and .* 1"):
        read_votes(table, votes="label_*", annotators=["who_1"])
    shifted = table.rename({"who_1": "who_3"})
    with pytest.raises(DataError, match="'label_1' and 'who_2' would be paired"):
        read_votes(shifted, votes="label_*", annotators="who_*")
    listed = read_votes(shifted, votes="label_*", annotators=["who_3", "who_2"])
    assert listed.annotators.tolist() == ["ann", "bo"]


def test_header_only_says_that_there_are_no_rows(tmp_path):
    path = tmp_path / "votes.csv"
    path.write_text("id,who,said\n")
    with pytest.raises(DataError, match="a header and no rows"):
        read_votes(path, item="id", annotator="who", label="said")


def test_times_with_a_zone_become_times_and_others_are_refused(file):
    times = ["2024-05-01T12:00:00Z", "2024-05-01T12:00:00+02:00", "2024-05-02 08:00:00.5+00:00"]
    votes = read_votes(file(LONG | {"time": times}), item="id", annotator="who", label="said")
    assert votes.extra["time"][1] == datetime.datetime(2024, 5, 1, 10, tzinfo=datetime.UTC)
    naive = [time[:19] for time in times]
    with pytest.raises(DataError, match="a time with its zone is needed"):
        read_votes(file(LONG | {"time": naive}), item="id", annotator="who", label="said")


def test_a_stated_space_and_order_hold(file):
    votes = read_votes(file(WIDE), votes=["ann", "bo"], classes=["spam", "ham", "other"])
    assert votes.space.names == ("spam", "ham", "other")
    aliased = Classes(["ham"], aliases={"spam": "ham"})
    assert read_votes(file(WIDE), votes=["ann", "bo"], space=aliased).counts().sum() == 3


def test_a_plain_table_has_no_records_of_a_tool(file):
    with pytest.raises(DataError, match="not the export of a known tool"):
        read_records(file(WIDE))
