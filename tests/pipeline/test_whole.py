"""Several questions in one run: each as if it were run alone, and one report above them."""

import json
import subprocess
import sys

import numpy as np
import polars as pl
import pytest

from labelwright.core.errors import DataError, DataWarning, ParameterError, RunError
from labelwright.core.ledger import GoldLedger
from labelwright.pipeline import load_run, run

CLASSES = {"topic": ["bill", "bug"], "tone": ["calm", "cross", "glad"]}
TABLES = [f"{name}.{kind}" for name in ("labels", "likely_errors", "annotators", "estimates")
          for kind in ("csv", "parquet")]  # fmt: skip


def tickets(n=60, seed=0):
    """Two questions on each ticket, by people who differ; gold on some, in columns."""
    rng = np.random.default_rng(seed)
    truth = {name: rng.choice(labels, n) for name, labels in CLASSES.items()}
    table = {"id": np.arange(n), "text": [f"{a} {b} no {i}" for i, (a, b) in
             enumerate(zip(*truth.values(), strict=True))]}  # fmt: skip
    for name, skills in (("topic", (0.9, 0.8, 0.3)), ("tone", (0.9, 0.8, 0.85, 0.7))):
        for person, skill in zip(("ann", "bo", "cy", "di"), skills, strict=False):
            guess = rng.choice(CLASSES[name], n)
            table[f"{name}_{person}"] = np.where(rng.random(n) < skill, truth[name], guess)
        table[f"gold.{name}"] = np.where(np.arange(n) % 2 == 0, truth[name], "")
    return pl.DataFrame(table)


def export(path, n=40):
    """A Label Studio export with four controls: two of classes, a rating and spans."""
    rng = np.random.default_rng(0)

    def result(name, kind, value):
        return {"from_name": name, "to_name": "text", "type": kind, "value": value}

    def annotation(number, who):
        found = [
            result("topic", "choices", {"choices": [str(rng.choice(CLASSES["topic"]))]}),
            result("parts", "labels", {"start": 0, "end": 2, "text": "it", "labels": ["WORD"]}),
            result("stars", "rating", {"rating": int(rng.integers(1, 4))}),
        ]
        if number % 3:
            found.append(result("tone", "choices", {"choices": [str(rng.choice(CLASSES["tone"]))]}))
        return {"id": 9 * number + who, "completed_by": who, "result": found}

    tasks = [
        {
            "id": number,
            "data": {"text": f"it is {number}", "topic_gold": "bug" if number < 9 else None},
            "annotations": [annotation(number, who) for who in range(3)],
        }
        for number in range(n)
    ]
    path.write_text(json.dumps(tasks))
    return path


OPTIONS = {"votes": "{question}_*", "gold": "gold.{question}", "id": "id"}


def test_each_question_gives_the_same_bytes_as_alone(tmp_path):
    tickets().write_csv(tmp_path / "in.csv")
    options = OPTIONS | {"text": "text"}
    both = run(tmp_path / "in.csv", question=["topic", "tone"], out=tmp_path / "r", **options)
    alone = run(tmp_path / "in.csv", question="tone", out=tmp_path / "a", **options)
    files = [*TABLES, "gold_uses.parquet"]
    files += [f"model/{path.name}" for path in (tmp_path / "a" / "model").iterdir()]
    for name in files:
        together = (tmp_path / "r" / "tone" / name).read_bytes()
        assert together == (tmp_path / "a" / name).read_bytes(), name
    assert both["tone"].report_data["questions"] == alone.report_data["questions"]
    assert sorted(p.name for p in (tmp_path / "r").iterdir()) == sorted(
        [".labelwright", "README.txt", "report.html", "report.json", "run.toml", "tone", "topic"]
    )


def test_a_result_holds_one_a_question(tmp_path):
    result = run(tickets(), question=["topic", "tone"], out=tmp_path / "r", **OPTIONS)
    assert list(result) == list(result.questions) == ["topic", "tone"]
    assert set(result["topic"].labels["lw_label"]) == {"bill", "bug"}
    assert result["tone"].annotators.height == 4
    assert result["tone"].report == result.report == tmp_path / "r" / "report.html"
    assert result.to_table()["question"].to_list() == ["topic", "tone"]
    lines = result.summary()
    assert lines[0].startswith("topic: 60 items, 3 annotators, 180 votes; alpha ")
    assert lines[-2:] == [
        f"labels  {tmp_path / 'r' / '{topic,tone}' / 'labels.csv'}",
        f"report  {tmp_path / 'r' / 'report.html'}",
    ]
    with pytest.raises(ParameterError, match=r"several questions: topic, tone.*result\['topic'\]"):
        _ = result.labels
    with pytest.raises(DataError, match=r"no question 'tones'\. Did you mean 'tone'"):
        _ = result["tones"]
    again = load_run(tmp_path / "r")
    assert again.to_dict()["questions"] == json.loads(
        (tmp_path / "r" / "report.json").read_text()
    )["questions"]  # fmt: skip
    assert load_run(tmp_path / "r" / "tone").labels.equals(result["tone"].labels)
    assert load_run(tmp_path / "r" / "tone").summary() == result["tone"].summary()


def test_one_named_question_lies_straight_in_the_folder(tmp_path):
    result = run(tickets(), question=["topic"], out=tmp_path / "r", **OPTIONS)
    assert (tmp_path / "r" / "labels.csv").exists()
    assert result["topic"] is result
    assert result.labels.height == 60


def test_a_project_file_repeats_all_questions_and_each_one(tmp_path):
    tickets().write_csv(tmp_path / "in.csv")
    first = run(tmp_path / "in.csv", question="topic, tone", out=tmp_path / "r", **OPTIONS)
    again = run(tmp_path / "r" / "run.toml", out=tmp_path / "again")
    assert again["tone"].labels.equals(first["tone"].labels)
    one = run(tmp_path / "r" / "tone" / "run.toml", out=tmp_path / "one")
    assert one.labels.equals(first["tone"].labels)


def test_the_second_run_computes_nothing_again_and_a_change_only_its_question(
    tmp_path, monkeypatch
):
    table, done = tickets(), []
    from labelwright.pipeline import _learn

    learn = _learn.Learner.probabilities
    monkeypatch.setattr(
        _learn.Learner,
        "probabilities",
        lambda self: done.append(self.settings.asked) or learn(self),
    )
    options = OPTIONS | {"question": ["topic", "tone"], "features": "id"}
    first = run(table, out=tmp_path / "r", **options)
    assert done == ["topic", "tone"]
    assert run(table, out=tmp_path / "r", **options).to_dict() == first.to_dict()
    assert done == ["topic", "tone"]
    table.write_csv(tmp_path / "in.csv")
    options |= {"out": tmp_path / "f", "embedding": str(tmp_path / "x.npy"), "features": None}
    np.save(tmp_path / "x.npy", np.arange(60.0)[:, None])
    run(tmp_path / "in.csv", **options)
    done.clear()
    table.with_columns(tone_ann=pl.lit("calm")).write_csv(tmp_path / "in.csv")
    run(tmp_path / "in.csv", **options)
    assert done == ["tone"]


def test_gold_that_was_tuned_on_for_one_question_still_judges_the_other(tmp_path):
    options = OPTIONS | {"question": ["topic", "tone"], "out": tmp_path / "r"}
    run(tickets(), **options)
    uses = tmp_path / "r" / "tone" / "gold_uses.parquet"
    GoldLedger.load(uses).record(range(60), "prompt").save(uses)
    topic, tone = run(tickets(), **options).report_data["questions"]
    assert topic["labels"]["gold_check"]["n"] == 30
    assert tone["labels"]["gold_check"]["n"] == 0


def test_all_questions_of_an_export_but_those_that_are_no_classes(tmp_path):
    path = export(tmp_path / "export.json")
    with pytest.warns(DataWarning) as said:
        result = run(path, question="all", gold="{question}_gold", out=tmp_path / "r")
    assert result.questions == ("topic", "stars", "tone")
    assert result.report_data["left_out"] == [
        {"name": "parts", "why": "These votes are spans; one class an item is needed here."}
    ]
    text = " ".join(str(warning.message) for warning in said)
    assert "'parts', 'stars', 'tone': no gold" in text
    assert result["topic"].report_data["questions"][0]["labels"]["by_source"]["gold"] == 9
    tone = result["tone"].labels
    assert tone["id"].to_list() == list(range(40))
    assert set(tone.filter(pl.col("id") % 3 == 0)["lw_source"]) == {"none"}
    assert "parts" in (tmp_path / "r" / "report.html").read_text()
    with pytest.raises(Exception, match="These votes are spans"):
        run(path, question=["topic", "parts"], out=tmp_path / "named")


def test_a_column_of_labels_a_question_where_a_row_is_a_vote(tmp_path):
    rng = np.random.default_rng(0)
    long = pl.DataFrame(
        {
            "hit": np.repeat(np.arange(30), 3),
            "who": np.tile(["a", "b", "c"], 30),
            "Answer.kind": rng.choice(["x", "y"], 90),
            "Answer.urgent": [None] * 6 + rng.choice(["yes", "no"], 84).tolist(),
        }
    )
    result = run(
        long, id="hit", annotator="who", label="Answer.{question}",
        question=["kind", "urgent"], out=tmp_path / "r",
    )  # fmt: skip
    assert result["urgent"].labels["lw_votes"].to_list() == [0, 0, *[3] * 28]
    assert result["kind"].labels["lw_votes"].to_list() == [3] * 30


def test_shared_reports_hold_no_names_of_any_question(tmp_path):
    table = tickets().rename({"tone_ann": "tone_anna", "topic_ann": "topic_bert"})
    run(table, question=["topic", "tone"], out=tmp_path / "r", share=True, **OPTIONS)
    for name in ("report.html", "report.json"):
        content = (tmp_path / "r" / name).read_text()
        assert not [word for word in ("anna", "bert") if word in content]


def test_folders_of_another_kind_of_run_are_refused(tmp_path):
    table = tickets()
    run(table, question="topic", out=tmp_path / "one", **OPTIONS)
    with pytest.raises(RunError, match="holds a run of one question"):
        run(table, question=["topic", "tone"], out=tmp_path / "one", **OPTIONS)
    run(table, question=["topic", "tone"], out=tmp_path / "r", **OPTIONS)
    with pytest.raises(RunError, match="holds a run of several questions"):
        run(table, question="topic", out=tmp_path / "r", **OPTIONS)
    with pytest.raises(RunError, match="holds question 'topic' of a run of several"):
        run(table, question="topic", out=tmp_path / "r" / "topic", **OPTIONS)


def test_questions_of_an_earlier_run_stay_and_are_said(tmp_path):
    table = tickets().with_columns(pl.col("^topic_.*$").name.map(lambda n: n.replace("top", "bas")))
    options = OPTIONS | {"gold": None, "out": tmp_path / "r"}
    run(table, question=["topic", "tone"], **options)
    with pytest.warns(DataWarning, match="Of an earlier run, and not of this one, .*: tone"):
        result = run(table, question=["topic", "basic"], **options)
    assert result.questions == ("topic", "basic")
    assert (tmp_path / "r" / "tone" / "labels.csv").exists()


def test_a_class_is_wanted_of_the_questions_that_have_it(tmp_path):
    options = OPTIONS | {"question": ["topic", "tone"]}
    result = run(tickets(), of="bug", out=tmp_path / "r", **options)
    shares = {name: result[name].estimates["what"].to_list() for name in result}
    assert shares["topic"] == ["share of bug"]
    assert len(shares["tone"]) == 3
    with pytest.raises(DataError, match=r"no class 'bugs'\. Did you mean 'bug'"):
        run(tickets(), of="bugs", out=tmp_path / "n", **options)


KILLED = """
import os, signal, sys
from labelwright.pipeline import _folder as folder
from labelwright.core import files
import polars as pl
left = int(sys.argv[2])
def dying(original):
    def step(*arguments):
        global left
        original(*arguments)
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
    return step
folder._sync_tree = dying(folder._sync_tree)
files._sync = dying(files._sync)
from labelwright.pipeline import run
run(sys.argv[1], out=sys.argv[3], question="topic,tone", votes="{question}_*", id="id",
    gold="gold.{question}")
print("finished")
"""


def all_files(folder):
    kept = sorted(p for p in folder.rglob("*") if p.is_file() and ".labelwright" not in p.parts)
    return {str(p.relative_to(folder)): p.read_bytes() for p in kept}


@pytest.mark.parametrize("step", [4, 27, 39, 55])
def test_killed_at_any_moment_it_finishes_the_same(tmp_path, step):
    """SIGKILL in the first question, the second, between them, and in what stands above."""
    source = tmp_path / "in.csv"
    tickets().write_csv(source)
    options = OPTIONS | {"question": ["topic", "tone"], "out": tmp_path / "r"}
    undisturbed = all_files(run(source, **options).folder)
    (tmp_path / "r").rename(tmp_path / "whole")
    words = [sys.executable, "-c", KILLED, str(source), str(step), str(tmp_path / "r")]
    died = subprocess.run(words, capture_output=True, text=True)
    assert died.returncode == -9, died.stderr
    with pytest.raises(RunError):
        load_run(tmp_path / "r")
    assert all_files(run(source, **options).folder) == undisturbed
