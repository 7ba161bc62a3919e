"""``labelwright annotators``: what it prints and writes, from wide and long tables."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from tests.aggregation._crowd_worlds import hurry, one_label, well_behaved

LONG = ("crowd.csv", "--id", "item", "--annotator", "annotator", "--label", "label")


@pytest.fixture
def crowd(folder):
    """``crowd.csv``: a row a vote, with a hasty annotator and one who says one thing."""
    rng = np.random.default_rng(0)
    world = well_behaved(rng, n_items=400)
    hurry(world, rng, 0)
    hurry(world, rng, 0)
    one_label(world, rng, 1)
    names = np.array(["x", "y", "z"])
    pl.DataFrame(
        {
            "item": [f"i{k}" for k in world.item],
            "annotator": [f"w{k}" for k in world.who],
            "label": names[world.label],
            "seconds": world.seconds,
            "gold": names[world.truth[world.item]],
        }
    ).write_csv(folder / "crowd.csv")


def test_findings_come_first_then_the_table(cli, folder, crowd):
    said = cli("annotators", *LONG)
    assert said.code == 0
    lines = said.out.splitlines()
    assert lines[0].startswith("20 annotators, 20 with 20 votes or more")
    told = {tuple(line[2:].split(": ")[:2]) for line in lines if line.startswith("- ")}
    assert told == {("w0", "too fast"), ("w1", "always the same label")}
    assert any(line.split()[:2] == ["annotator", "votes"] for line in lines)
    where = folder / "runs" / "crowd-annotators"
    assert pl.read_csv(where / "findings.csv")["annotator"].to_list().count("w0") == 1
    assert pl.read_csv(where / "annotators.csv").height == 20


def test_gold_brings_accuracy_and_json_holds_it(cli, crowd):
    found = json.loads(cli("annotators", *LONG, "--gold", "gold", "--out", "here", "--json").out)
    assert (found["kind"], found["folder"]) == ("annotator_report", "here")
    assert min(found["columns"]["accuracy"]) < 0.5
    assert "accura" not in cli("annotators", *LONG).out


def test_of_few_votes_there_are_counts(cli, folder):
    short = pl.read_csv(folder / "votes.csv").head(12)
    short.write_csv(folder / "short.csv")
    said = cli("annotators", "short.csv", "--id", "id", "--votes", "ann,bo,cy")
    row = next(line for line in said.out.splitlines() if line.startswith("ann "))
    assert "12 of 12" in row
    assert row.endswith("too few")
    assert "%" not in row


def test_labels_without_annotators_are_refused(cli):
    said = cli("annotators", "votes.csv", "--label", "ann")
    assert said.code == 2
    assert "One column of labels has no annotators" in said.err
    said = cli("annotators", "votes.csv", "--votes", "ann,bo", "--question", "a,b")
    assert "Give one --question" in said.err
