"""What each command answers, and that it is one JSON object where that was asked for."""

from __future__ import annotations

import json
import socket

import polars as pl
import pytest

from labelwright.cli._main import COMMANDS

VOTES = ("--id", "id", "--votes", "ann,bo", "--votes", "cy")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_listed_and_explains_itself(cli, command):
    assert f"{command}: {COMMANDS[command]}" in " ".join(cli("--help").out.split())
    said = cli(command, "--help")
    assert said.code == 0
    assert COMMANDS[command] in " ".join(said.out.split())
    assert f"labelwright {command}" in said.out
    assert "--json" in said.out


def test_look_names_the_columns_and_the_command_to_type_next(cli):
    said = cli("look", "votes.csv")
    assert (said.code, said.err) == (0, "")
    assert "30 rows, one an item, with a column of votes each from 3 annotators" in said.out
    assert "labelwright run votes.csv --votes ann,bo,cy --id id --text text" in said.out


def test_what_look_suggests_can_be_typed(cli):
    command = json.loads(cli("look", "votes.csv", "--json").out)["commands"][0]
    assert cli(*command.split()[1:]).code == 0


def test_run_writes_its_folder_and_prints_at_most_fifteen_lines(cli, folder):
    said = cli("run", "votes.csv", *VOTES, "--text", "text", "--out", "here", "--seed", "3")
    assert said.code == 0
    assert 0 < len(said.out.splitlines()) <= 15
    labels = pl.read_csv(folder / "here" / "labels.csv")
    assert labels["lw_label"].to_list()[:4] == ["spam", "ham", "spam", "ham"]


def test_run_takes_several_questions_into_one_report(cli, folder):
    votes = pl.read_csv(folder / "votes.csv")
    names = {"ann": "kind_ann", "bo": "kind_bo", "cy": "kind_cy"}
    tones = votes["ann", "bo"].rename({"ann": "tone_ann", "bo": "tone_bo"})
    votes.rename(names).hstack(tones).write_csv(folder / "both.csv")
    words = ("run", "both.csv", "--id", "id", "--votes", "{question}_*")
    said = cli(*words, "--question", "kind,tone", "--out", "here")
    assert (said.code, said.err) == (0, "")
    assert [line.split(":")[0] for line in said.out.splitlines()[:2]] == ["kind", "tone"]
    assert "labels  here/{kind,tone}/labels.csv" in said.out
    again = json.loads(cli(*words, "--question", "kind", "--question", "tone", "--json").out)
    assert [question["folder"] for question in again["questions"]] == ["kind", "tone"]
    wrong = cli(*words)
    assert wrong.code == 2
    assert "Add --question NAME" in wrong.err


def test_run_breaks_down_and_names_annotators(cli, folder):
    (folder / "users.csv").write_text("id,name\nann,Ann Lee\n")
    votes = pl.read_csv(folder / "votes.csv")
    votes.with_columns(month=pl.Series(["May", "June"] * 15)).write_csv(folder / "votes.csv")
    said = cli("run", "votes.csv", *VOTES, "--by", "month", "--names", "users.csv", "--out", "r")
    assert said.code == 0
    page = (folder / "r" / "report.html").read_text(encoding="utf-8")
    assert "By month" in page
    assert "Ann Lee" in page
    refused = cli("run", "votes.csv", *VOTES, "--by", "id")
    assert refused.code == 2
    assert "30 different values; --by takes from 1 to 20" in " ".join(refused.err.split())
    missing = cli("run", "votes.csv", *VOTES, "--names", "user.csv", "--out", "n")
    assert missing.code == 2


def test_run_opens_no_socket(cli, monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    assert cli("run", "votes.csv", *VOTES, "--text", "text").code == 0


@pytest.mark.parametrize(
    "words",
    [
        ("look", "votes.csv"),
        ("run", "votes.csv", *VOTES),
        ("sample", "votes.csv", "-n", "4", "--out", "gold.csv"),
        ("methods",),
        ("methods", "show", "dawid-skene"),
        ("datasets",),
        ("doctor",),
    ],
    ids=" ".join,
)
def test_json_is_one_object_and_nothing_else(cli, words):
    said = cli(*words, "--json")
    assert said.code == 0
    assert json.loads(said.out)["kind"]


def test_sample_writes_a_blind_sheet(cli, folder):
    said = cli("sample", "votes.csv", "-n", "6", "--id", "id", "--out", "gold.csv")
    assert said.code == 0
    assert "6 of 30 records: simple random sample, seed 0" in said.out
    assert pl.read_csv(folder / "gold.csv").columns == ["id", "text", "choices", "label"]


def test_predict_labels_new_records_and_leaves_them_as_they_are(cli, folder):
    cli("run", "votes.csv", *VOTES, "--text", "text", "--out", "here")
    (folder / "new.csv").write_text("n,text\n1,win a prize now\n2,=cmd() lovely song\n")
    written = cli("predict", "here", "new.csv", "--out", "labelled.parquet")
    assert (written.code, written.out) == (0, "2 records labelled: labelled.parquet\n")
    found = pl.read_parquet(folder / "labelled.parquet")
    assert found.columns == ["n", "text", "lw_label", "lw_confidence", "lw_p_ham", "lw_p_spam"]
    assert found["text"].to_list() == ["win a prize now", "=cmd() lovely song"]
    assert found["lw_label"].to_list() == ["spam", "ham"]
    assert (found["lw_p_ham"] + found["lw_p_spam"] - 1).abs().max() < 1e-12


def test_predict_prints_csv_that_no_spreadsheet_runs(cli, folder):
    cli("run", "votes.csv", *VOTES, "--text", "text", "--out", "here")
    (folder / "new.csv").write_text("text\n=cmd() win\n")
    lines = cli("predict", "here/model", "new.csv").out.splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("'=cmd() win,")


def test_predict_refuses_records_that_already_have_our_columns(cli, folder):
    cli("run", "votes.csv", *VOTES, "--text", "text", "--out", "here")
    said = cli("predict", "here", "here/labels.csv")
    assert said.code == 2
    assert "lw_label" in said.err


def test_methods_shows_only_what_works_unless_asked(cli):
    works, every = (json.loads(cli("methods", *more, "--json").out) for more in ((), ("--all",)))
    assert {entry["status"] for entry in works["methods"]} == {"works"}
    assert all(entry["result"] for entry in works["methods"])
    assert len(every["methods"]) > len(works["methods"])


def test_methods_takes_a_word(cli):
    listed = json.loads(cli("methods", "dawid", "--json").out)["methods"]
    slugs = [entry["slug"] for entry in listed]
    assert {"dawid-skene", "one-coin-dawid-skene", "spectral-dawid-skene"} <= set(slugs)
    assert all("dawid" in json.dumps(entry).lower() for entry in listed)


def test_show_says_where_a_method_stands_and_where_it_was_measured(cli):
    said = cli("methods", "show", "dawid-skene").out
    assert "labelwright.aggregation.DawidSkene" in said
    assert "figures: evidence/results/dawid-skene.json" in said
    assert "https://doi.org/10.2307/2346806" in said


def test_doctor_says_what_is_missing_and_how_to_get_it(cli, monkeypatch):
    from labelwright.cli import doctor

    there = doctor.version_of
    monkeypatch.setattr(doctor, "extras", lambda: {"excel": ("numpy", "no-such-package")})
    monkeypatch.setattr(doctor, "version_of", lambda name: there(name))
    monkeypatch.setenv("LABELWRIGHT_DATA", "/no/such/folder")
    said = cli("doctor").out
    assert 'excel: without no-such-package  ->  pip install "labelwright[excel]"' in said
    assert "LABELWRIGHT_DATA: /no/such/folder (no such folder)" in said
    assert "GB free" in said


def test_datasets_lists_what_comes_with_the_package(cli):
    lines = cli("datasets").out.splitlines()
    assert lines[0].split()[:3] == ["name", "kind", "items"]
    assert any("youtube_spam" in line and "in the package" in line for line in lines)


@pytest.mark.slow
def test_demo_ends_with_the_paths(cli, folder):
    said = cli("demo")
    assert said.code == 0
    assert len(said.out.splitlines()) <= 15
    assert (folder / "runs" / "demo" / "report.html").exists()
