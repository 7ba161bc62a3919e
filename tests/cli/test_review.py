"""``labelwright review`` and ``labelwright apply``: out and back."""

from __future__ import annotations

import json

import polars as pl
import pytest

from labelwright.io import read_table, write_table
from tests.pipeline._reviews import votes


@pytest.fixture
def done(cli, folder):
    """The folder with a run on its votes."""
    write_table(votes(), "in.csv")
    said = cli("run", "in.csv", "--id", "id", "--votes", "p*", "--out", "r")
    assert said.code == 0, said.err
    return folder


def fill_in(path, label, reviewer, rows=None):
    sheet = read_table(path)
    answers = [label if rows is None or row in rows else None for row in range(sheet.height)]
    table = sheet.with_columns(
        lw_decision=pl.Series(answers, dtype=pl.String), lw_reviewer=pl.lit(reviewer)
    )
    return write_table(table, path)


@pytest.mark.parametrize("end", ["csv", "xlsx", "jsonl", "tsv"])
def test_out_and_back_by_what_is_printed(cli, done, end):
    said = cli("review", "r", "-k", "4", "--out", f"s.{end}", "--show", "text")
    assert said.code == 0
    first, second, third, *_, last = said.out.splitlines()
    assert first.startswith("4 labels that need a person, worst first; ")
    assert second == f"fill in lw_decision: s.{end}"
    assert third == "labels: ham, spam, or unsure"
    assert last.split() == ["labelwright", "apply", "r", f"s.{end}"]
    fill_in(f"s.{end}", "spam", "ann")
    said = cli(*last.split()[1:])
    assert said.code == 0
    assert said.out.startswith("4 decisions of ann on 4 records: ")
    assert "no random sample" in said.out
    reviewed = pl.read_parquet("r/labels.parquet").filter(pl.col("lw_source") == "review")
    assert reviewed["lw_label"].to_list() == ["spam"] * 4
    again = cli(*last.split()[1:])
    assert (again.code, again.out.splitlines()[0][:16]) == (0, "nothing changed:")


def test_the_page_is_the_default_and_lies_in_the_run(cli, done):
    said = cli("review", "r", "--kind", "likely-errors")
    assert "open in a browser: r/review_1.html" in said.out
    assert said.out.splitlines()[-1] == "  labelwright apply r FILE"
    assert (done / "r" / "review_1.html").stat().st_size < 1_000_000


def test_for_programs(cli, done):
    found = json.loads(cli("review", "r", "-k", "2", "--out", "s.csv", "--json").out)
    assert found["kind"] == "review"
    assert [row["lw_kind"] for row in found["records"]]
    fill_in("s.csv", "ham", "ann")
    done_now = json.loads(cli("apply", "r", "s.csv", "--json").out)
    assert (done_now["n_decisions"], done_now["version"]) == (2, 2)
    assert len(done_now["changes"]) == 2


def test_two_reviewers(cli, done):
    for name, label in (("ann", "ham"), ("bo", "spam")):
        cli("review", "r", "-k", "3", "--out", f"{name}.csv")
        fill_in(f"{name}.csv", label, name, {0, 1})
    said = cli("apply", "r", "ann.csv", "bo.csv")
    assert said.code == 2
    assert "Reviewers differ on 2 records, so nothing was applied." in said.err
    assert said.err.count("ann says 'ham', bo says 'spam'") == 2
    said = cli("apply", "r", "ann.csv", "bo.csv", "--conflicts", "skip")
    assert said.code == 0
    assert "2 left open" in said.out
    assert "reviewers differ on 2 records:" in said.out


def test_a_later_run_says_that_decisions_hold(cli, done):
    cli("review", "r", "-k", "4", "--out", "s.csv")
    fill_in("s.csv", "spam", "ann")
    cli("apply", "r", "s.csv")
    said = cli("run", "in.csv", "--id", "id", "--votes", "p*", "--out", "r")
    assert "4 labels decided in a review" in said.out


def test_what_is_wrong_is_told_row_by_row(cli, done):
    cli("review", "r", "-k", "3", "--out", "s.csv")
    fill_in("s.csv", "spma", "ann", {1})
    said = cli("apply", "r", "s.csv")
    assert said.code == 2
    assert "row 3 of s.csv: 'spma' is no class. Did you mean 'spam'?" in said.err
    for words, message in (
        (("apply", "r"), "There is nothing to apply."),
        (("apply", "r", "none.csv"), "none.csv"),
        (("apply", "r", "in.csv"), "has no column 'lw_review'"),
        (("apply", "r", "s.csv", "--conflicts", "best"), "conflicts='best'"),
        (("review", "none"), "none is no run of Labelwright"),
        (("review", "r", "--kind", "bad"), "kind='bad'"),
        (("review", "r", "--out", "s.csv"), "s.csv exists"),
        (("review", "r", "--out", "s.doc"), "not clear in which format"),
    ):
        said = cli(*words)
        assert (said.code, said.out) == (2, ""), words
        assert message in said.err, words


def test_nothing_left_is_no_error(cli, done):
    cli("review", "r", "-k", "1000", "--out", "s.csv")
    fill_in("s.csv", "ham", "ann")
    cli("apply", "r", "s.csv")
    assert cli("review", "r").out == "No label is left that needs a person.\n"
