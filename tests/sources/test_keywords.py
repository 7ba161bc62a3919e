from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from scipy import stats

from labelwright.core.errors import DataError, ParameterError
from labelwright.core.executor import LocalExecutor
from labelwright.datasets import load_youtube_spam
from labelwright.sources import propose_keywords


@pytest.fixture(scope="module")
def comments():
    data = load_youtube_spam()
    gold = data.records.join(data.gold_table, on="item", maintain_order="left")
    few = np.random.default_rng(0).choice(gold.height, 300, replace=False)
    known = pl.Series(np.isin(np.arange(gold.height), few))
    return gold.with_columns(seen=pl.when(known).then("label"))


def test_figures_are_those_of_the_keyword_rules_proposed(comments):
    found = propose_keywords(comments, "seen", per_class=8)
    assert len(found.words) == 16
    applied = found.rules().apply(comments, executor=LocalExecutor("threads", workers=1))
    seen, votes = comments["seen"].to_list(), applied.votes
    assert votes.annotators.tolist() == [
        f"{label}: {word}" for label, word in zip(found.labels, found.words, strict=True)
    ]
    for place, label in enumerate(found.labels):
        items = votes.item[votes.annotator == place]
        judged = [seen[item] for item in items if seen[item] is not None]
        inside = sum(one == label for one in judged)
        assert (found.inside[place], found.outside[place]) == (inside, len(judged) - inside)
        assert found.coverage[place] == len(items) / comments.height
        assert found.precision[place] == pytest.approx(inside / len(judged))
        recall = inside / seen.count(label)
        f1 = 2 * recall * found.precision[place] / (recall + found.precision[place])
        assert found.f1[place] == pytest.approx(f1)
    assert found.n_labelled == 300


def test_words_for_spam_hold_on_comments_that_were_not_looked_at(comments):
    found = propose_keywords(comments, "seen", per_class=5)
    assert {"check", "subscribe"} & set(found.words)
    new = comments.filter(pl.col("seen").is_null())
    votes = found.rules().apply(new, executor=LocalExecutor("threads", workers=1)).votes
    said = np.array(votes.classes.names)[votes.label]
    assert (said == new["label"].to_numpy()[votes.item]).mean() > 0.8


def test_log_odds_and_their_order():
    texts = ["win x"] * 6 + ["win"] * 2 + ["x y"] * 5 + ["y"] * 7
    labels = ["spam"] * 8 + ["ham"] * 12
    found = propose_keywords({"text": texts}, labels, min_count=1, redundant=1)
    table = found.to_table()
    assert table.select("label", "word").rows()[0] == ("ham", "y")
    win = table.row(by_predicate=pl.col("word") == "win", named=True)
    assert (win["inside"], win["outside"], win["precision"], win["f1"]) == (8, 0, 1.0, 1.0)
    expected = math.log(8.5 / 0.5) - math.log(0.5 / 12.5)
    assert win["log_odds"] == pytest.approx(expected)
    statistic = stats.chi2_contingency([[8, 0], [0, 12]], correction=False, lambda_=0).statistic
    assert win["surety"] == pytest.approx(math.sqrt(statistic))


def test_a_word_within_a_better_one_is_left_out_and_rare_ones_too():
    texts = ["check out my page", "check out"] * 10 + ["lovely song"] * 20 + ["check rare"]
    labels = ["spam"] * 20 + ["ham"] * 20 + ["spam"]
    found = propose_keywords({"text": texts}, labels)
    assert found.words == ("lovely", "check")
    assert found.n_tried == 10


def test_no_word_gives_no_rules():
    found = propose_keywords({"text": ["a", "b"]}, ["x", "y"])
    assert found.to_table().height == 0
    with pytest.raises(DataError, match="No word speaks for a class"):
        found.rules()


def test_what_does_not_fit_is_refused():
    table = {"text": ["a", None], "label": ["x", "y"]}
    with pytest.raises(DataError, match="There is no column 'body'"):
        propose_keywords(table, "label", text="body")
    with pytest.raises(DataError, match="table has 2 rows and labels has 1"):
        propose_keywords(table, ["x"])
    with pytest.raises(DataError, match="The 1 labelled records are of fewer than two classes"):
        propose_keywords(table, ["x", None], classes=["x", "y"])
    with pytest.raises(DataError, match="'z' is no class"):
        propose_keywords(table, ["x", "z"], classes=["x", "y"])
    with pytest.raises(DataError, match="The labels are numbers"):
        propose_keywords(table, [0.5, 1.5])
    with pytest.raises(ParameterError, match="redundant=2"):
        propose_keywords(table, "label", redundant=2)
