"""``labelwright compare`` and ``labelwright aggregate``."""

from __future__ import annotations

import json

import polars as pl

VOTES = ("votes.csv", "--id", "id", "--votes", "ann,bo,cy")
SOME = "dawid-skene,one-coin-dawid-skene"


def test_the_methods_asked_for_stand_beside_majority_vote(cli):
    found = cli("compare", *VOTES, "--methods", SOME, "--json")
    assert found.code == 0
    told = json.loads(found.out)
    names = {row["aggregator"] for row in told["rows"]}
    assert names == {"dawid-skene", "one-coin-dawid-skene", "majority-vote"}
    scores = [row["log_likelihood"] for row in told["rows"]]
    assert scores == sorted(scores, reverse=True)
    assert told["n_held_out"] == 30


def test_gold_adds_a_column_of_who_is_right(cli, folder):
    table = pl.read_csv("votes.csv").with_columns(gold=pl.col("ann"))
    table.write_csv("with_gold.csv")
    found = cli("compare", "with_gold.csv", *VOTES[1:], "--methods", SOME, "--gold", "gold")
    assert found.code == 0, found.err
    assert "right on 30 gold" in found.out
    assert "30 votes held out, one an item, in 5 parts." in found.out


def test_an_unknown_method_is_answered_with_the_near_one(cli):
    found = cli("compare", *VOTES, "--methods", "dawid-skeen")
    assert found.code == 2
    assert "Did you mean 'dawid-skene'?" in found.err
    found = cli("aggregate", *VOTES, "--method", "majority")
    assert found.code == 2
    assert "majority-vote" in found.err


def test_several_questions_are_refused(cli):
    found = cli("compare", *VOTES, "--question", "a,b")
    assert found.code == 2
    assert "one question at a time" in found.err


def test_aggregate_writes_a_row_an_item_with_what_changed(cli):
    found = cli("aggregate", *VOTES, "--out", "labels.csv")
    assert found.code == 0, found.err
    table = pl.read_csv("labels.csv")
    assert table.height == 30
    assert {"item", "label", "confidence", "majority", "changed", "overruled"} <= set(table.columns)
    assert "It gives another label than majority vote to" in found.out
    asked = cli("aggregate", *VOTES, "--method", "glad", "--json")
    told = json.loads(asked.out)
    assert told["why"] == "as asked for"
    assert told["model"].startswith("GLAD(")
    assert told["items"] == 30
