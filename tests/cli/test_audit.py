"""``labelwright audit``: what it prints and writes, and its exit codes."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

WRONG = (4, 31, 66, 77, 102, 139, 150, 163, 188, 201, 214, 237)
TEXT = ("--label", "ann", "--text", "text")


@pytest.fixture
def wrong_labels(folder):
    """``labels.csv``: records of which twelve have the label of the others."""
    words = {"spam": "win a prize click the link", "ham": "a lovely song for the morning"}
    rng = np.random.default_rng(0)
    letters = rng.choice(list("bcdfgklmprt"), size=(240, 5))
    lines = ["id,text,label,part,plan"]
    for row in range(240):
        true = ("spam", "ham")[row % 2]
        said = ("ham", "spam")[row % 2] if row in WRONG else true
        part = "train" if row < 160 else "test"
        text = f"{words[true]} {''.join(letters[row])}"
        lines.append(f"r{row},{text},{said},{part},{('free', 'paid')[row % 3 == 0]}")
    (folder / "labels.csv").write_text("\n".join(lines) + "\n")
    return ("labels.csv", "--label", "label", "--text", "text")


def test_the_ranked_table_is_printed_and_tables_are_written(cli, folder, wrong_labels):
    said = cli("audit", *wrong_labels, "--id", "id", "--part", "part")
    assert said.code == 0
    lines = said.out.splitlines()
    assert lines[0] == "240 items"
    assert any(line.split() == ["check", "found", "of", "score", "seconds"] for line in lines)
    assert "- not run: annotators (needs votes)" in lines
    found = pl.read_parquet(folder / "runs" / "labels-audit" / "label_issues.parquet")
    assert set(found["id"]) == {f"r{row}" for row in WRONG}
    assert found.columns[:5] == ["item", "score", "id", "given", "suggested"]
    written = {path.name for path in (folder / "runs" / "labels-audit").iterdir()}
    assert {"audit.json", "summary.csv", "leakage.csv", "order.parquet"} <= written


def test_json_is_the_overview_with_folder_and_estimate(cli, folder, wrong_labels):
    said = cli("audit", *wrong_labels, "--out", "here", "--json")
    found = json.loads(said.out)
    assert (found["kind"], found["folder"], found["n_items"]) == ("audit", "here", 240)
    assert 0 < found["error_rate"]["low"] <= found["error_rate"]["error_rate"]
    assert found["gate"] is None
    kept = json.loads((folder / "here" / "audit.json").read_text())
    assert kept["summary"] == found["summary"]


@pytest.mark.parametrize(
    ("limit", "code", "verdict"),
    [("0", 1, "failed"), ("0.5", 0, "passed"), ("0.05", 3, "undecided")],
)
def test_the_gate_has_three_answers(cli, wrong_labels, limit, code, verdict):
    said = cli("audit", *wrong_labels, "--fail-over", limit)
    assert said.code == code
    assert f"gate    {verdict}: the model takes" in said.out


def test_without_a_model_the_gate_is_undecided_and_the_rest_is_run(cli):
    said = cli("audit", "votes.csv", "--label", "ann", "--fail-over", "0.1")
    assert said.code == 3
    assert "gate    undecided: No model: it was not said what to learn from" in said.out
    assert "not run: label_issues (needs probabilities)" in said.out


def test_votes_beside_a_label_are_for_the_annotators(cli):
    beside = json.loads(cli("audit", "votes.csv", *TEXT, "--votes", "bo,cy", "--json").out)
    ran = {row["check"]: row["found"] for row in beside["summary"]}
    assert ran["annotators"] == 0
    alone = cli("audit", "votes.csv", "--votes", "ann,bo,cy", "--text", "text")
    assert "- The labels are those of " in alone.out


def test_probabilities_of_your_own_are_checked(cli, folder):
    right = np.tile([[0.1, 0.9], [0.9, 0.1]], (15, 1))
    names = ("audit", "votes.csv", "--label", "ann", "--probabilities", "p.npy")
    np.save(folder / "p.npy", right)
    assert cli(*names).code == 0
    np.save(folder / "p.npy", right[:, ::-1])
    assert "are the columns of the probabilities in the order of the classes?" in cli(*names).out
    for wrong, message in (
        (right * 0.9, "Row 0 of probabilities sums to 0.9"),
        (np.where(right > 0.5, np.nan, right), "has a missing or infinite number in row 0"),
        (right[:20], "labels has 30 rows and probabilities has 20"),
        (np.full((30, 3), 1 / 3), "There are 2 classes and 3 columns"),
    ):
        np.save(folder / "p.npy", wrong)
        said = cli(*names)
        assert said.code == 2
        assert message in said.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("audit", "votes.csv"), "It is not said where the labels are"),
        (("audit", "votes.csv", "--label", "an"), "There is no column 'an'"),
        (("audit", "votes.csv", *TEXT, "--part", "prt"), "There is no column 'prt'"),
        (("audit", "votes.csv", *TEXT, "--fail-over", "5"), "--fail-over 5.0 is no share"),
        (("audit", "votes.csv", *TEXT, "--out", "."), "holds files that are no audit's"),
        (("audit", "votes.csv", *TEXT, "--probabilities", "no.npy"), "cannot be read"),
    ],
)
def test_bad_input_ends_with_two(cli, words, message):
    said = cli(*words)
    assert said.code == 2
    assert message in said.err
