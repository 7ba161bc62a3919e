"""``labelwright rules``: votes of rules, figures of each, and the command to type next."""

from __future__ import annotations

import json
import shlex

import polars as pl
import pytest

from labelwright.datasets import load_youtube_spam

TOML = """
format = 1
classes = ["ham", "spam"]

[[rule]]
kind = "keyword"
name = "asks"
words = ["subscribe", "click", "win"]
label = "spam"

[[rule]]
kind = "keyword"
name = "praise"
words = ["lovely", "listen"]
label = "ham"
"""

PYTHON = """
from labelwright.datasets import youtube_spam_rules
from labelwright.sources import rule

@rule
def breaks(text):
    if len(text) > 500:
        raise ValueError("too long")

@rule
def loops(text):
    print("looking")
    while text.startswith("Huh, anyway check"):
        pass

for name, function in youtube_spam_rules().items():
    globals()[name] = rule(function)
"""


@pytest.fixture
def files(folder):
    (folder / "rules.toml").write_text(TOML)
    (folder / "rules.py").write_text(PYTHON)
    return folder


@pytest.fixture
def youtube(files):
    data = load_youtube_spam()
    table = data.records.join(data.gold_table, on="item", maintain_order="left").head(400)
    table.rename({"text": "comment", "item": "nr"}).write_csv(files / "comments.csv")
    return files


def test_the_comments_that_come_with_the_package_go_from_rules_to_labels(cli, youtube):
    said = cli(
        *("rules", "comments.csv", "--rules", "rules.py", "--text", "comment", "--id", "nr"),
        *("--gold", "label", "--out", "votes.parquet", "--time-limit", "0.5"),
    )
    assert said.code == 0
    assert "12 rules on 400 records: 380 have a vote" in said.out
    assert "Never voted: breaks, loops." in said.out
    assert (
        "Rule 'breaks', record 31: ValueError: too long (rules.py, line 8); it failed on 4 more"
        in said.out
    )
    assert "Rule 'loops', record 92: it was stopped after 0.5 s\n" in said.out
    rows = {line.split()[0]: line for line in said.out.splitlines() if line.strip()}
    assert "0.94 [0.88, 0.97]" in rows["address"]
    assert "ham, spam" in rows["address"]
    command = said.out.splitlines()[-1].strip()
    assert command == (
        "labelwright run comments.csv --id nr --votes-file votes.parquet --text comment "
        "--gold label"
    )
    done = cli(*shlex.split(command)[1:])
    assert done.code == 0
    assert "400 items, 12 annotators" in done.out
    labels = pl.read_csv(youtube / "runs" / "comments" / "labels.csv")
    assert labels["lw_label"].to_list()[:2] == ["spam", "spam"]
    assert (labels["lw_label"] == labels["label"]).mean() > 0.85


def test_rules_of_a_toml_file_and_the_command_to_type_next(cli, files):
    said = cli("rules", "votes.csv", "--rules", "rules.toml")
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert lines[0].startswith("2 rules on 30 records: 20 have a vote, 0 two or more, 0 votes in")
    assert lines[2].split() == ["rule", "says", "votes", "coverage", "overlaps", "conflicts"]
    assert lines[3].split() == ["asks", "spam", "10", "33.3%", "0.0%", "0.0%"]
    assert "- No rule voted on 10 of 30 items." in lines
    assert "- Without gold nobody knows how often a rule is right: --gold COLUMN." in lines
    assert lines[-1].strip() == (
        "labelwright rules votes.csv --rules rules.toml --id COLUMN --out votes.parquet"
    )


def test_gold_that_knows_more_classes_than_the_rules_judges_them(cli, files):
    (files / "rules.toml").write_text(TOML.replace('classes = ["ham", "spam"]', ""))
    frame = pl.read_csv(files / "votes.csv")
    frame.with_columns(gold=pl.lit("other")).write_csv(files / "votes.csv")
    said = cli("rules", "votes.csv", "--rules", "rules.toml", "--gold", "gold", "--json")
    found = json.loads(said.out)
    assert found["report"]["classes"] == ["ham", "other", "spam"]
    assert found["report"]["right"] == [0, 0]
    assert "0 of 10" in cli("rules", "votes.csv", "--rules", "rules.toml", "--gold", "gold").out


def test_json_is_one_object_also_where_rules_print(cli, youtube):
    said = cli(
        *("rules", "comments.csv", "--rules", "rules.py", "--text", "comment", "--json"),
        *("--time-limit", "0.5", "--workers", "1"),
    )
    found = json.loads(said.out)
    assert (said.code, found["kind"], found["report"]["kind"]) == (0, "rules", "rule_report")
    assert found["errors"][0] | {"row": 31, "rule": "breaks"} == found["errors"][0]
    assert found["votes_file"] is None


def test_a_codebook_names_the_classes(cli, files):
    (files / "book.toml").write_text(
        'format = 1\n[question]\nkind = "classes"\n'
        + "".join(f'[[question.class]]\nname = "{name}"\n' for name in ("spam", "ham", "odd"))
    )
    (files / "rules.toml").write_text(TOML.replace('classes = ["ham", "spam"]', ""))
    words = ("rules", "votes.csv", "--rules", "rules.toml", "--codebook", "book.toml")
    assert json.loads(cli(*words, "--json").out)["report"]["classes"] == ["spam", "ham", "odd"]
    both = cli(*words, "--classes", "ham,spam")
    assert (both.code, both.out) == (2, "")
    assert "The labels are given twice" in both.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--out", "v.csv"), "--out needs --id"),
        (("--out", "v.csv", "--id", "label"), "The column of ids is called 'label'"),
        (("--id", "nr"), "There is no column 'nr'"),
        (("--gold", "glod"), "There is no column 'glod'"),
        (("--text", "txt"), "reads a column 'txt', which is not there.\n  Did you mean 'text'?"),
        (("--classes", "ham,spma"), "Rule 'asks': 'spam' is no class.\n  Did you mean 'spma'?"),
        (("--time-limit", "0"), "time_limit=0.0 is not accepted"),
        (("--rules", "rule.toml"), "There is no file rule.toml"),
        (("--rules", "votes.csv"), "ends in .toml or .py"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_bad_input_is_told_in_plain_words(cli, files, words, message):
    given = ("rules", "votes.csv", *(() if "--rules" in words else ("--rules", "rules.toml")))
    said = cli(*given, *words)
    assert (said.code, said.out) == (2, "")
    assert message in said.err
    assert not (files / "v.csv").exists()
