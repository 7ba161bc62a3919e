"""``labelwright diff``: what it prints and writes, and its exit codes."""

from __future__ import annotations

import json

import polars as pl
import pytest

VOTES = ("votes.csv", "--id", "id", "--votes", "ann,bo,cy")


@pytest.fixture
def runs(cli, folder):
    """Two runs, the second after three votes on one item were changed."""
    assert cli("run", *VOTES, "--out", "r1").code == 0
    text = (folder / "votes.csv").read_text()
    (folder / "votes.csv").write_text(text.replace(' 2",ham,ham,ham', ' 2",spam,spam,spam'))
    assert cli("run", *VOTES, "--out", "r2").code != 0 or (folder / "r2").exists()
    return ("r1", "r2")


def test_what_changed_is_told_and_written(cli, folder, runs):
    said = cli("diff", *runs, "--out", "changed.csv")
    assert said.code == 0
    lines = said.out.splitlines()
    assert lines[0] == "from r1 to r2"
    assert "items   30 in both, 0 only before, 0 only after" in lines
    assert any(line.startswith("labels  1 of 30 changed (3.3%)") for line in lines)
    changed = pl.read_csv(folder / "changed.csv")
    assert changed.select("id", "before", "after").rows() == [("c2", "ham", "spam")]


def test_json_holds_everything(cli, runs):
    found = json.loads(cli("diff", *runs, "--json").out)
    assert found["kind"] == "run_diff"
    (question,) = found["questions"]
    assert question["changed"][0]["id"] == "c2"
    assert {row["annotator"] for row in question["annotators"]} == {"ann", "bo", "cy"}


@pytest.mark.parametrize(("limit", "code", "verdict"), [("0", 1, "failed"), ("0.1", 0, "passed")])
def test_the_gate(cli, runs, limit, code, verdict):
    said = cli("diff", *runs, "--fail-over", limit)
    assert said.code == code
    assert f"gate    {verdict}: 3.3% changed" in said.out


def test_what_is_no_run_or_no_share(cli, runs):
    said = cli("diff", "r1", "votes.csv")
    assert said.code == 2
    assert "votes.csv is no run of Labelwright" in said.err
    assert cli("diff", *runs, "--fail-over", "7").code == 2
