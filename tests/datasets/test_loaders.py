"""Every loader against the facts of the registry, on the offline mirror where there is one."""

import os

import polars as pl
import pytest

from labelwright import datasets
from labelwright.core.errors import DataError, ParameterError
from labelwright.datasets._build import data_set, from_records
from labelwright.datasets._registry import entries

MIRROR = os.environ.get("LABELWRIGHT_DATA")
ONLY_MIRROR = pytest.mark.skipif(not MIRROR, reason="LABELWRIGHT_DATA is not set")


@pytest.fixture
def mirror(monkeypatch):
    monkeypatch.setenv("LABELWRIGHT_DATA", MIRROR)


@ONLY_MIRROR
@pytest.mark.parametrize("name", datasets.names())
def test_sizes_are_those_of_the_registry(name, mirror):
    found, known = datasets.load(name), entries()[name]
    assert len(found.items) == known.size["items"]
    if found.vote_table is not None:
        assert found.votes.n_items == len(found.items)
        assert found.vote_table.height == known.size["votes"]
        assert found.votes.n_annotators == known.size["annotators"]
    if found.gold_table is not None:
        assert found.gold.drop_nulls().len() == known.size["gold"]
        assert found.to_table().get_column("gold").null_count() == found.gold.null_count()
    assert found.licence
    assert found.citation
    if found.text:
        assert found.records.get_column(found.text).null_count() == 0


@ONLY_MIRROR
def test_majority_on_bluebird_is_the_published_figure(mirror):
    found = datasets.load_bluebird()
    majority = found.votes.counts().argmax(axis=1)
    assert (majority == found.gold.to_numpy()).mean() == pytest.approx(0.759, abs=5e-4)


@ONLY_MIRROR
def test_campaigns(mirror):
    assert datasets.load("sentiment_polarity_crowd", campaign="amt20").items.len() == 500
    assert datasets.load("weather_sentiment", campaign="crowdflower").vote_table.height == 1720


def test_an_unknown_campaign_or_set_is_answered_with_what_there_is():
    with pytest.raises(ParameterError, match="'mturk', 'crowdflower'"):
        datasets.load_weather_sentiment(campaign="amt")
    with pytest.raises(DataError, match="Did you mean 'bluebird'"):
        datasets.load("bluebirds")


def test_every_set_has_a_loader_and_a_row_in_the_table():
    loaders = {name for name in datasets.__all__ if name.startswith("load_")}
    assert loaders == {f"load_{name}" for name in datasets.names()}
    table = datasets.table()
    assert tuple(table["name"]) == datasets.names()
    assert table.filter(name="youtube_spam")["available"].item() == "in the package"
    assert table.filter(name="cifar10n")["available"].item() == "mirror only"
    assert set(table["annotators_are"].drop_nulls()) <= {
        "people",
        "slots",
        "rules",
        "models",
        "people and models",
    }


def test_records_with_rules_become_votes_and_gold():
    records = pl.DataFrame({"label": [1, None], "lf0": [-1, 0], "lf1": [1, 1]})
    found = from_records("sms_spam_lf", records, "mirror", ["lf0", "lf1"])
    assert found.gold.to_list() == ["spam", None]
    assert sorted(found.vote_table.rows()) == [
        (0, "lf1", "spam"),
        (1, "lf0", "ham"),
        (1, "lf1", "spam"),
    ]
    assert found.votes.counts().tolist() == [[0, 1], [1, 1]]
    assert repr(found) == "Dataset('sms_spam_lf': 2 items, 3 votes of rules, gold for 1)"
    assert found.to_table().columns == ["item", "gold"]


def test_items_without_records_are_those_of_votes_and_gold():
    votes = pl.DataFrame({"item": [9, 4], "annotator": [0, 0], "label": [1, 0]})
    gold = pl.DataFrame({"item": [4, 7], "label": [0, 1]})
    found = data_set("bluebird", "mirror", vote_table=votes, gold_table=gold)
    assert found.items.to_list() == [9, 4, 7]
    assert found.gold.to_list() == [None, 0, 1]
    assert found.votes.n_items == 3


def test_what_a_set_does_not_have_is_said():
    comments = datasets.load("youtube_spam")
    with pytest.raises(DataError, match=r"has no votes.*youtube_spam_votes"):
        comments.votes  # noqa: B018 - the property raises
