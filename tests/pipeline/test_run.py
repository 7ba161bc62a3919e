import socket
import subprocess
import sys

import numpy as np
import polars as pl
import pytest

from labelwright.core.errors import DataError, ParameterError, RunError
from labelwright.core.ledger import GoldLedger
from labelwright.pipeline import load_run, run

WORDS = {"good": ["great", "love", "nice", "fine"], "bad": ["awful", "hate", "broken", "rude"]}


def reviews(n=120, seed=0, gold=0):
    """Reviews whose words say the class, five people of different skill, and a little gold."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(["good", "bad"], n)
    text = [
        " ".join(rng.permutation([*rng.choice(WORDS[t], 3), *rng.choice(["it", "was", "the"], 2)]))
        + f" number{i}"
        for i, t in enumerate(truth)
    ]
    flipped = np.where(truth == "good", "bad", "good")
    people = {
        f"p{a}": np.where(rng.random(n) < right, truth, flipped)
        for a, right in enumerate((0.9, 0.85, 0.8, 0.75, 0.4))
    }
    known = [t if i < gold else None for i, t in enumerate(truth)]
    table = pl.DataFrame({"id": np.arange(n), "text": text, **people, "gold": known})
    return table, truth


OPTIONS = {"votes": "p*", "text": "text", "id": "id"}
FILES = {
    "labels.csv",
    "labels.parquet",
    "likely_errors.csv",
    "likely_errors.parquet",
    "annotators.csv",
    "annotators.parquet",
    "estimates.csv",
    "estimates.parquet",
    "report.html",
    "report.json",
    "run.toml",
    "README.txt",
    "model",
    ".labelwright",
}


def test_the_whole_way(tmp_path):
    table, truth = reviews(gold=40)
    result = run(table, out=tmp_path / "r", gold="gold", **OPTIONS)
    labels = result.labels
    assert labels[table.columns].equals(table)
    assert np.mean(labels["lw_label"].to_numpy() == truth) > 0.9
    assert {p.name for p in (tmp_path / "r").iterdir()} == FILES | {"gold_uses.parquet"}
    assert result.annotators["annotator"][0] == "p4"
    assert result.annotators["verdict"][0] == "mistrust"
    question = result.report_data["questions"][0]
    assert question["model"]["quality_word"] == "accuracy"
    assert question["model"]["quality"]["n_gold"] == 40
    shares = {e["what"]: e for e in question["estimates"]}
    assert (
        shares["share of good"]["low"] < np.mean(truth == "good") < shares["share of good"]["high"]
    )
    assert set(labels["lw_source"]) == {"votes", "gold"}
    changed = result.labels.filter(pl.col("lw_changed") & (pl.col("lw_source") == "votes"))
    assert question["labels"]["changed"] == changed.height
    assert [row["id"] for row in question["labels"]["changed_rows"]] == [
        str(i) for i in changed.sort("lw_confidence", descending=True, maintain_order=True)["id"]
    ]
    assert len(result.summary()) <= 15
    new = pl.DataFrame({"text": ["love it great nice", "awful rude hate"]})
    assert result.model.predict(new)[0] == ["good", "bad"]


def test_columns_say_what_the_readme_says(tmp_path):
    table, _ = reviews()
    labels = run(table, out=tmp_path / "r", **OPTIONS).labels
    beliefs = labels[["lw_p_bad", "lw_p_good"]].to_numpy()
    np.testing.assert_allclose(beliefs.sum(axis=1), 1)
    np.testing.assert_allclose(beliefs.max(axis=1), labels["lw_confidence"])
    votes = labels[[f"p{a}" for a in range(5)]].to_numpy()
    said = (votes == labels["lw_label"].to_numpy()[:, None]).mean(axis=1)
    np.testing.assert_allclose(labels["lw_agreement"], said)
    most = np.where((votes == "good").sum(axis=1) > 2, "good", "bad")
    assert (labels["lw_majority"].to_numpy() == most).all()
    assert (labels["lw_changed"].to_numpy() == (labels["lw_label"].to_numpy() != most)).all()
    assert (labels["lw_second"].to_numpy() != labels["lw_label"].to_numpy()).all()
    readme = (tmp_path / "r" / "README.txt").read_text()
    assert all(
        name in readme for name in labels.columns if name.startswith("lw_") and "p_" not in name
    )


def test_without_gold_nothing_is_called_accuracy(tmp_path):
    table, _ = reviews()
    run(table, out=tmp_path / "r", **OPTIONS)
    for name in ("report.html", "report.json"):
        assert "accura" not in (tmp_path / "r" / name).read_text().casefold()


def test_a_run_without_features_is_a_run_without_a_model_and_says_why(tmp_path):
    table, _ = reviews()
    result = run(table, votes="p*", out=tmp_path / "r")
    assert result.model is None
    assert "not said what to learn from" in result.report_data["questions"][0]["model"]["why_none"]
    assert set(result.labels["lw_source"]) == {"votes"}


def test_items_nobody_voted_on_are_labelled_by_the_model(tmp_path):
    table, truth = reviews(300)
    silent = table.with_columns(
        pl.when(pl.col("id") < 200).then(pl.col(f"p{a}")).alias(f"p{a}") for a in range(5)
    )
    labels = run(silent, out=tmp_path / "r", **OPTIONS).labels
    by_model = labels["lw_source"].to_numpy() == "model"
    assert by_model.sum() == 100
    assert by_model[200:].all()
    assert np.mean(labels["lw_label"].to_numpy()[by_model] == truth[by_model]) > 0.9


def test_doubtful_labels_are_kept_and_the_wrong_ones_found(tmp_path):
    table, truth = reviews(300)
    rng = np.random.default_rng(1)
    wrong = rng.random(300) < 0.1
    given = np.where(wrong, np.where(truth == "good", "bad", "good"), truth)
    table = table.select("id", "text", given=pl.Series(given))
    result = run(table, label="given", text="text", id="id", out=tmp_path / "r")
    assert (result.labels["lw_label"].to_numpy() == given).all()
    found = set(result.issues["id"])
    assert len(found & set(np.flatnonzero(wrong).tolist())) > 0.8 * wrong.sum()
    assert len(found) < 1.5 * wrong.sum()
    assert result.issues["lw_why"].str.len_chars().min() > 10


def test_gold_is_not_used_for_what_it_checks(tmp_path):
    """The figures on gold must be those of labels and model that have never seen it."""
    table, truth = reviews(gold=60)
    lies = table.with_columns(
        gold=pl.Series(
            [("good" if t == "bad" else "bad") if i < 60 else None for i, t in enumerate(truth)]
        )
    )
    honest = run(table, out=tmp_path / "a", gold="gold", **OPTIONS).report_data["questions"][0]
    fooled = run(lies, out=tmp_path / "b", gold="gold", **OPTIONS).report_data["questions"][0]
    assert honest["labels"]["gold_check"]["right"] == 60 - fooled["labels"]["gold_check"]["right"]
    assert honest["model"]["quality"]["value"] == pytest.approx(
        1 - fooled["model"]["quality"]["value"]
    )


def test_gold_that_was_tuned_on_judges_nothing(tmp_path):
    table, _ = reviews(gold=60)
    options = OPTIONS | {"gold": "gold", "out": tmp_path / "r"}
    run(table, **options)
    uses = tmp_path / "r" / "gold_uses.parquet"
    ledger = GoldLedger.load(uses)
    assert ledger.times_used(range(60)) == {"estimate": 1}
    ledger.record(range(40), "prompt", "second wording").save(uses)
    again = run(table, **options).report_data["questions"][0]
    assert again["labels"]["gold_check"]["n"] == 20
    assert again["estimates"][0]["n_gold"] == 20
    assert "40 gold labels were tuned on before" in again["input"]["notes"][-1]
    assert again["labels"]["by_source"]["gold"] == 60
    assert GoldLedger.load(uses).times_used([0]) == {"prompt": 1, "estimate": 1}
    GoldLedger.load(uses).record(range(60), "threshold").save(uses)
    refused = run(table, **options).report_data["questions"][0]
    assert "already used for tuning" in refused["estimates"][0]["refused"]
    assert refused["model"]["quality_word"] == "agreement with the aggregated labels"


def test_the_second_run_computes_nothing_again(tmp_path, monkeypatch):
    table, _ = reviews()
    first = run(table, out=tmp_path / "r", **OPTIONS)
    from labelwright.pipeline import _learn

    def never(self):
        raise AssertionError("the stage was computed again")

    monkeypatch.setattr(_learn.Learner, "probabilities", never)
    monkeypatch.setattr(_learn.Learner, "save_model", never)
    again = run(table, out=tmp_path / "r", **OPTIONS)
    assert again.to_dict() == first.to_dict()
    with pytest.raises(AssertionError, match="computed again"):
        run(table.with_columns(text=pl.col("text") + "!"), out=tmp_path / "r", **OPTIONS)


def test_a_project_file_repeats_the_run(tmp_path):
    table, _ = reviews()
    table.write_csv(tmp_path / "in.csv")
    first = run(tmp_path / "in.csv", out=tmp_path / "r", **OPTIONS)
    again = run(tmp_path / "r" / "run.toml", out=tmp_path / "again")
    assert again.labels.equals(first.labels)


def test_run_opens_no_socket(tmp_path, monkeypatch):
    def refuse(*arguments, **keywords):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    table, _ = reviews(40)
    run(table, out=tmp_path / "r", **OPTIONS)


def test_share_leaves_records_and_names_out(tmp_path):
    table, _ = reviews()
    table = table.rename({"p0": "p_anna_schmidt"})
    run(table, out=tmp_path / "r", share=True, **OPTIONS)
    for name in ("report.html", "report.json"):
        content = (tmp_path / "r" / name).read_text()
        assert "anna_schmidt" not in content
        assert "number1" not in content


def test_what_the_data_holds_is_escaped(tmp_path):
    table, _ = reviews()
    table[0, "text"] = "<script>alert(1)</script> =cmd()"
    for person, label in zip(("p0", "p1", "p2", "p3", "p4"), ("good", *["bad"] * 4), strict=True):
        table[0, person] = label
    run(table, out=tmp_path / "r", **OPTIONS)
    html = (tmp_path / "r" / "report.html").read_text()
    assert "<script>alert" not in html


def test_tables_come_back_in_the_kind_that_went_in(tmp_path):
    pd = pytest.importorskip("pandas")
    table, _ = reviews(40)
    result = run(table.to_pandas(), out=tmp_path / "r", **OPTIONS)
    assert isinstance(result.labels, pd.DataFrame)
    assert isinstance(result.issues, pd.DataFrame)


def test_nothing_to_run_on_and_both_kinds_of_settings(tmp_path):
    with pytest.raises(ParameterError, match="nothing to run on"):
        run(votes="a*", out=tmp_path)
    with pytest.raises(ParameterError, match="no option 'vote'"):
        run(reviews(5)[0], vote="p*", out=tmp_path)


def test_an_unfinished_or_foreign_folder_is_refused(tmp_path):
    with pytest.raises(RunError, match="no run"):
        load_run(tmp_path)
    table, _ = reviews(20)
    result = run(table, votes="p*", out=tmp_path / "r")
    again = load_run(tmp_path / "r")
    assert again.labels.equals(result.labels)
    assert again.summary() == result.summary()
    marker = tmp_path / "r" / ".labelwright" / "run.json"
    marker.write_text(marker.read_text().replace("true", "false"))
    with pytest.raises(RunError, match="was not finished"):
        load_run(tmp_path / "r")


def test_smiles_given_as_text_are_refused(tmp_path):
    smiles = ["CC(=O)OC1=CC=CC=C1C(=O)O", "CN1C=NC2=C1C(=O)N(C(=O)N2C)C", "C1=CC=C(C=C1)O"] * 10
    table = pl.DataFrame({"text": smiles, "label": ["a", "b", "b"] * 10})
    with pytest.raises(DataError, match=r"SMILES|molecule"):
        run(table, label="label", text="text", out=tmp_path / "r")


KILLED = """
import os, signal, sys
import labelwright.pipeline._folder as folder
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
run(sys.argv[1], out=sys.argv[3], votes="p*", text="text", id="id")
print("finished")
"""


def all_files(folder):
    kept = sorted(p for p in folder.rglob("*") if p.is_file() and ".labelwright" not in p.parts)
    return {str(p.relative_to(folder)): p.read_bytes() for p in kept}


@pytest.mark.parametrize("step", [1, 3, 5, 8, 12, 20, 31])
def test_killed_at_any_moment_it_finishes_the_same(tmp_path, step):
    """SIGKILL at the step-th sync to disk: in stages, between files, in the middle of a file."""
    table, _ = reviews(60)
    table.write_csv(tmp_path / "in.csv")
    whole = run(tmp_path / "in.csv", out=tmp_path / "r", **OPTIONS)
    undisturbed = all_files(whole.folder)
    whole.folder.rename(tmp_path / "whole")
    command = [
        sys.executable,
        "-c",
        KILLED,
        str(tmp_path / "in.csv"),
        str(step),
        str(tmp_path / "r"),
    ]
    died = subprocess.run(command, capture_output=True, text=True)
    assert "finished" not in died.stdout
    assert died.returncode == -9
    with pytest.raises(RunError):
        load_run(tmp_path / "r")
    again = run(tmp_path / "in.csv", out=tmp_path / "r", **OPTIONS)
    assert all_files(again.folder) == undisturbed
