"""Decisions put on the labels of a run."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from tests.pipeline._reviews import filled, votes

from labelwright.core import files
from labelwright.core.errors import DataError, DataWarning, ParameterError, RunError
from labelwright.core.ledger import GoldLedger
from labelwright.io import read_table, write_table
from labelwright.pipeline import apply_decisions, load_run, review, run
from labelwright.report import _plots

# Without a text there is no model, which takes its time.
OPTIONS = {"votes": "p*", "id": "id"}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run, and a review of ten labels; tests work on copies."""
    folder = tmp_path_factory.mktemp("runs") / "r"
    write_table(votes(), folder.parent / "in.csv")
    run(folder.parent / "in.csv", out=folder, **OPTIONS)
    return folder, review(folder, k=10)


@pytest.fixture(autouse=True)
def _without_charts(monkeypatch):
    """Drawing takes most of the time, and nothing here is about it."""
    for name in _plots.__all__:
        monkeypatch.setattr(_plots, name, lambda *_: None)


@pytest.fixture
def out(finished, tmp_path):
    """A run folder of one's own."""
    return Path(shutil.copytree(finished[0], tmp_path / "r"))


@pytest.fixture(scope="module")
def taken(finished):
    return finished[1]


def other_of(found):
    """For each record the label that it does not have."""
    return ["ham" if label == "spam" else "spam" for label in found.records["lw_label"]]


def test_decisions_replace_labels_and_nothing_else(out, taken):
    before = load_run(out).labels
    decisions = other_of(taken)[:6] + taken.records["lw_label"].to_list()[6:9]
    done = apply_decisions(out, filled(taken, decisions), reviewer="ann")
    after = load_run(out).labels
    ids = taken.records["id"].to_list()
    assert dict(after.select("id", "lw_label").iter_rows()) == {
        **dict(before.select("id", "lw_label").iter_rows()),
        **dict(zip(ids, decisions, strict=False)),
    }
    decided = pl.col("id").is_in(ids[:9])
    assert_frame_equal(before.filter(~decided), after.filter(~decided))
    assert before.select(pl.all().exclude("^lw_.*$")).equals(
        after.select(pl.all().exclude("^lw_.*$"))
    )
    reviewed = after.filter(decided)
    assert set(reviewed["lw_source"]) == {"review"}
    assert not reviewed["lw_doubtful"].any()
    assert reviewed["lw_confidence"].unique().to_list() == [1.0]
    assert (reviewed["lw_p_ham"] == (reviewed["lw_label"] == "ham")).all()
    assert (reviewed["lw_p_ham"] + reviewed["lw_p_spam"]).unique().to_list() == [1.0]
    assert (reviewed["lw_changed"] == (reviewed["lw_label"] != reviewed["lw_majority"])).all()
    changed = after.filter(pl.col("id").is_in(ids[:6]))
    assert changed["lw_agreement"].null_count() == 6
    assert (changed["lw_second"] != changed["lw_label"]).all()
    assert (done.version, done.n_decisions, done.n_known) == (2, 9, 0)
    assert done.changes["changed"].to_list() == [True] * 6 + [False] * 3
    assert pl.read_csv(out / "labels.csv", infer_schema=False)["lw_label"].equals(after["lw_label"])


def test_the_log_knows_who_and_when_and_versions_are_kept(out, taken):
    before = load_run(out).labels
    page = {
        "format": 1,
        "kind": "decisions",
        "reviewer": "Zoë",
        "decisions": [
            {
                "record": taken.plan.tag(0),
                "id": taken.plan.items[0],
                "decision": other_of(taken)[0],
                "comment": "sure",
                "time": "2026-03-01T10:00:00.500Z",
            }
        ],
    }
    (out.parent / "page.json").write_text(json.dumps(page))
    apply_decisions(out, out.parent / "page.json")
    second = load_run(out).labels
    apply_decisions(out, filled(taken, [None, other_of(taken)[1]], reviewer="bo"))
    log = pl.read_parquet(out / "decisions.parquet")
    assert log["item"].to_list() == list(taken.plan.items[:2])
    assert log["reviewer"].to_list() == ["Zoë", "bo"]
    assert log["comment"].to_list() == ["sure", None]
    assert log["time"].dt.strftime("%Y-%m-%d %H:%M").to_list() == ["2026-03-01 10:00", None]
    assert log["applied"].is_sorted()
    assert log["version"].to_list() == [2, 3]
    assert log["before"].to_list() == list(taken.plan.given[:2])
    assert read_table(out / "decisions.csv")["decision"].to_list() == log["decision"].to_list()
    assert pl.read_parquet(out / "versions" / "1" / "labels.parquet").equals(before)
    assert pl.read_parquet(out / "versions" / "2" / "labels.parquet").equals(second)
    assert not (out / "versions" / "3").exists()
    readme = (out / "README.txt").read_text()
    assert "decisions" in readme
    assert "versions/" in readme


def test_what_is_left_in_doubt_shrinks_everywhere(out, taken):
    before = load_run(out)
    apply_decisions(out, filled(taken, "ham"), reviewer="ann")
    after = load_run(out)
    left = before.issues.filter(~pl.col("id").is_in(taken.records["id"].implode()))
    assert_frame_equal(after.issues, left)
    question = after.report_data["questions"][0]
    assert question["likely_errors"]["found"] == left.height
    assert [row["id"] for row in question["likely_errors"]["rows"]] == left["id"].to_list()
    assert question["labels"]["by_source"]["review"] == len(taken)
    classes = {row["name"]: row["items"] for row in question["labels"]["classes"]}
    assert classes == dict(after.labels["lw_label"].value_counts().iter_rows())
    assert question["review"]["decided"] == len(taken)
    again = review(out, k=1000)
    assert not set(again.records["id"]) & set(taken.records["id"])
    page = (out / "report.html").read_text()
    assert "From a review" in page
    assert f"{left.height} labels still in doubt" in page


def test_that_it_is_no_random_sample_is_said_and_kept(out, taken):
    done = apply_decisions(out, filled(taken, "ham"), reviewer="ann")
    assert "they are no random sample" in done.findings()[-1]
    steps = load_run(out).report_data["questions"][0]["next"]
    (step,) = [step for step in steps if "no random sample" in step["do"]]
    assert step["do"] == f"Take the {len(taken)} reviewed labels for no random sample"
    ledger = GoldLedger.load(out / "gold_uses.parquet")
    assert ledger.items("review") == set(taken.plan.items)
    assert len(ledger) == 1
    shares = load_run(out).estimates["refused"]
    assert shares.str.contains("no gold").all()
    for name in ("report.html", "report.json"):
        assert "accura" not in (out / name).read_text().casefold()


def test_a_later_run_keeps_the_decisions(out, taken):
    apply_decisions(out, filled(taken, other_of(taken)), reviewer="ann")
    reviewed = load_run(out)
    again = _run_again(out)
    assert_frame_equal(again.labels, reviewed.labels)
    assert_frame_equal(again.issues, reviewed.issues)
    counted = {"decided": 10, "changed": 10, "undecided": 0}
    assert again.report_data["questions"][0]["review"] == counted
    assert "10 labels decided in a review, 10 changed" in repr(again)
    done = apply_decisions(out, filled(taken, other_of(taken)), reviewer="ann")
    assert (done.n_decisions, done.n_known) == (0, 10)


def _run_again(out, table=None, **options):
    """Run into the folder of a copy: what names its input has to fit."""
    head = out / ".labelwright" / "run.json"
    known = json.loads(head.read_text())
    source = out.parent / "in.csv"
    write_table(votes() if table is None else table, source)
    head.write_text(json.dumps(known | {"source": str(source)}))
    return run(source, out=out, **(OPTIONS | options))


def test_a_later_run_with_other_votes_keeps_them_on_new_labels(out, taken):
    apply_decisions(out, filled(taken, other_of(taken)[:9]), reviewer="ann")
    gone, ids = taken.plan.items[0], taken.plan.items[1:9]
    other = votes(seed=3).filter(pl.col("id") != gone)
    with pytest.warns(DataWarning, match="1 decisions are kept and not in force: their records"):
        again = _run_again(out, other)
    labels = dict(again.labels.select("id", "lw_label").iter_rows())
    assert [labels[name] for name in ids] == other_of(taken)[1:9]
    with pytest.warns(DataWarning, match="not in force"):
        done = apply_decisions(out, filled(taken, [None] * 9 + ["ham"]), reviewer="ann")
    assert pl.read_parquet(out / "decisions.parquet").height == 10
    alone = run(other, out=out.parent / "alone", **OPTIONS).labels
    reviewed = load_run(out).labels
    untouched = ~pl.col("id").is_in([*ids, taken.plan.items[9]])
    assert_frame_equal(reviewed.filter(untouched), alone.filter(untouched))
    assert done.version == 3


def test_the_same_again_changes_nothing(out, taken, tmp_path):
    sheet = write_table(filled(taken, "ham", reviewer="ann"), tmp_path / "s.csv")
    apply_decisions(out, sheet)
    before = contents(out)
    done = apply_decisions(out, sheet)
    assert contents(out) == before
    assert (done.version, done.n_decisions, done.n_known) == (2, 0, 10)
    assert done.findings()[0].startswith("nothing changed: 10 decisions were applied before")
    assert not done.changes.height


def test_a_reviewer_may_come_to_another_mind(out, taken):
    apply_decisions(out, filled(taken, ["ham"], reviewer="ann"))
    done = apply_decisions(out, filled(taken, ["spam"], reviewer="ann"))
    assert done.changes.rows() == [(taken.plan.items[0], "ham", "spam", True, "one reviewer")]
    done = apply_decisions(out, filled(taken, ["unsure"], reviewer="ann"))
    assert done.changes["label"].to_list() == [taken.plan.given[0]]
    labels = load_run(out).labels.filter(pl.col("id") == taken.plan.items[0])
    assert (labels["lw_source"][0], labels["lw_doubtful"][0]) == ("votes", True)
    assert load_run(out).report_data["questions"][0]["review"]["undecided"] == 1
    assert review(out, k=1000).records["id"][-1] == taken.plan.items[0]


def contents(out):
    """Every file of a folder, with what tells the time taken out."""
    found = {}
    for path in sorted(out.rglob("*")):
        name = str(path.relative_to(out))
        if path.is_file() and not name.endswith("lock"):
            if name == "decisions.parquet":
                found[name] = str(pl.read_parquet(path).drop("applied").rows())
            elif name == "decisions.csv":
                found[name] = str(pl.read_csv(path).drop("applied").rows())
            else:
                found[name] = path.read_bytes()
    return found


class Killed(BaseException):
    """What a kill is inside this process."""


def test_broken_off_anywhere_the_same_again_leaves_the_same(out, taken, monkeypatch):
    sheet = filled(taken, other_of(taken)[:7], reviewer="ann")
    whole = Path(shutil.copytree(out, out.parent / "whole"))
    written = []
    replace = Path.replace
    monkeypatch.setattr(Path, "replace", lambda *paths: written.append(paths) or replace(*paths))
    apply_decisions(whole, sheet)
    assert len(written) > 8
    wanted = contents(whole)
    for place in range(len(written)):
        broken = Path(shutil.copytree(out, out.parent / f"broken{place}"))
        left = iter(range(place))

        def until(*paths, left=left):
            if next(left, None) is None:
                raise Killed
            return replace(*paths)

        monkeypatch.setattr(Path, "replace", until)
        with pytest.raises(Killed):
            apply_decisions(broken, sheet)
        monkeypatch.setattr(Path, "replace", replace)
        load_run(broken)
        apply_decisions(broken, sheet)
        assert _in_place(contents(broken), broken) == _in_place(wanted, whole), place


def _in_place(found, out):
    """Without the name of the folder, which the report quotes."""
    return {
        name: text.replace(str(out).encode(), b"OUT") if isinstance(text, bytes) else text
        for name, text in found.items()
    }


KILL = """
import os, signal, sys
from pathlib import Path
replace = Path.replace
def kill(self, target):
    if Path(target).name == "labels.parquet" and "versions" not in str(target):
        os.kill(os.getpid(), signal.SIGKILL)
    return replace(self, target)
Path.replace = kill
from labelwright.pipeline import apply_decisions
apply_decisions(sys.argv[1], sys.argv[2])
"""


def test_killed_in_the_middle_the_same_again_leaves_the_same(out, taken, tmp_path):
    sheet = write_table(filled(taken, other_of(taken), reviewer="ann"), tmp_path / "s.csv")
    whole = Path(shutil.copytree(out, out.parent / "whole"))
    killed = subprocess.run([sys.executable, "-c", KILL, str(out), str(sheet)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert list(out.glob(".labels.*.part.parquet"))
    assert load_run(out).labels["lw_source"].unique().to_list() == ["votes"]
    done = apply_decisions(out, sheet)
    assert (done.version, done.n_known) == (2, 10)
    apply_decisions(whole, sheet)
    assert _in_place(contents(out), out) == _in_place(contents(whole), whole)


def test_reviewers_who_differ_are_refused_and_listed(out, taken):
    ann = filled(taken, ["ham", "ham", "spam", "unsure"], reviewer="ann")
    bo = filled(taken, ["ham", "spam", "ham", "spam"], reviewer="bo")
    before = contents(out)
    with pytest.raises(DataError, match=r"differ on 2 records, so nothing was applied") as caught:
        apply_decisions(out, [ann, bo])
    assert f"{taken.plan.items[1]}: ann says 'ham', bo says 'spam'" in str(caught.value)
    assert "--conflicts newest, majority or skip" in caught.value.hint
    assert contents(out) == before
    done = apply_decisions(out, [ann, bo], conflicts="skip")
    assert len(done.conflicts) == 2
    assert done.changes["how"].to_list() == ["agreed", "undecided", "undecided", "one reviewer"]
    assert done.changes["label"].to_list()[1:3] == list(taken.plan.given[1:3])
    assert pl.read_parquet(out / "decisions.parquet").height == 8
    cy = filled(taken, [None, "spam", "spam"], reviewer="cy")
    done = apply_decisions(out, cy, conflicts="majority")
    assert done.changes.select("label", "how").rows() == [("spam", "majority")] * 2
    with pytest.raises(DataError, match="differ on 1 records"):
        apply_decisions(out, filled(taken, [None, "ham"], reviewer="di"))
    done = apply_decisions(out, filled(taken, [None, "ham"], reviewer="di"), conflicts="newest")
    assert done.changes.select("label", "how").rows() == [("ham", "newest")]


def test_an_even_split_has_no_majority_and_no_newest(out, taken):
    ann, bo = (filled(taken, [one], reviewer=who) for one, who in (("ham", "ann"), ("spam", "bo")))
    with pytest.raises(DataError, match="cannot be told which decision is the newest"):
        apply_decisions(out, [ann, bo], conflicts="newest")
    done = apply_decisions(out, [ann, bo], conflicts="majority")
    assert done.changes["how"].to_list() == ["undecided"]


def page(taken, path, decision, time, who="ann"):
    record = {"record": taken.plan.tag(0), "id": taken.plan.items[0]}
    entry = record | {"decision": decision, "comment": "", "time": time}
    content = {"format": 1, "kind": "decisions", "reviewer": who, "decisions": [entry]}
    path.write_text(json.dumps(content))
    return path


def test_of_two_files_of_the_page_the_newer_counts_in_any_order(out, taken, tmp_path):
    old = page(taken, tmp_path / "old.json", "ham", "2026-03-01T10:00:00Z")
    new = page(taken, tmp_path / "new.json", "spam", "2026-03-01T10:30:00Z")
    done = apply_decisions(out, [new, old])
    assert done.changes["label"].to_list() == ["spam"]
    assert (done.n_decisions, done.n_known) == (1, 1)
    assert apply_decisions(out, old).n_decisions == 0
    future = page(taken, tmp_path / "future.json", "ham", "2096-03-01T10:30:00Z")
    assert apply_decisions(out, future).changes["label"].to_list() == ["ham"]
    newest = page(taken, tmp_path / "n.json", "spam", "2099-01-01T00:00:00Z", "bo")
    assert apply_decisions(out, newest, conflicts="newest").changes["label"].to_list() == ["spam"]


def test_an_answer_may_be_spelt_as_the_codebook_allows(out, taken):
    apply_decisions(out, filled(taken, ["HAM", " spam ", "Unsure"], reviewer="ann"))
    assert pl.read_parquet(out / "decisions.parquet")["decision"].to_list() == [
        "ham",
        "spam",
        "unsure",
    ]


def test_every_row_that_cannot_be_used_is_named(out, taken, tmp_path):
    sheet = filled(taken, ["spma", "ham", "ham", "dog"], reviewer="ann")
    rows = sheet.to_dicts()
    rows[1]["id"] = "zz"
    rows[2]["lw_review"] = None
    rows.append({**rows[5], "lw_review": f"lw-{taken.plan.id}-99", "lw_decision": "ham"})
    before = contents(out)
    path = write_table(pl.DataFrame(rows), tmp_path / "s.csv")
    with pytest.raises(DataError, match="5 rows cannot be used, so nothing was applied") as caught:
        apply_decisions(out, path)
    first, second, third, fourth, fifth = caught.value.message.splitlines()[1:]
    assert first == "row 2 of s.csv: 'spma' is no class. Did you mean 'spam'?"
    assert second.startswith(f"row 3 of s.csv: unknown id 'zz'; this row of the review is about "
                             f"{taken.plan.items[1]!r}")  # fmt: skip
    assert third.startswith("row 4 of s.csv (id")
    assert "was added or damaged: lw_review is empty" in third
    assert fourth == "row 5 of s.csv: 'dog' is no class. There is: ham, spam, unsure."
    assert "lw-" in fifth
    assert contents(out) == before


def test_columns_sorted_apart_are_seen(out, taken, tmp_path):
    sheet = filled(taken, "ham").with_columns(pl.col("id").reverse())
    with pytest.raises(DataError, match="Were some columns sorted without the others"):
        apply_decisions(out, sheet)


def test_a_spreadsheet_may_mangle_ids(tmp_path):
    ids = ["007", "1E5", "3-4", "12345678901234567890", "x1"]
    table = pl.DataFrame({"id": ids, "p1": list("xyxyx"), "p2": list("yxyxy")})
    result = run(table, votes="p*", id="id", out=tmp_path / "r")
    found = review(result)
    mangled = {"007": "7", "1E5": "100000", "3-4": "2026-04-03", ids[3]: "1.23457E+19"}
    sheet = filled(found, "x", reviewer="ann")
    sheet = sheet.with_columns(pl.col("id").replace(mangled))
    done = apply_decisions(result, write_table(sheet, tmp_path / "s.csv"))
    assert set(done.changes["item"]) == set(ids)
    assert "A spreadsheet changed ids" in done.notes[0]
    assert "'007' became '7'" in done.notes[0]
    wrong = sheet.with_columns(pl.col("id").replace({"7": "8"}))
    with pytest.raises(DataError, match="unknown id '8'"):
        apply_decisions(result, wrong)


def test_what_is_missing_or_empty_is_said_and_the_rest_applied(out, taken):
    sheet = filled(taken, ["ham", None, "spam"], reviewer="ann").head(5)
    sheet = sheet.with_columns(lw_comment=pl.Series([None, "hard", None, None, None]))
    done = apply_decisions(out, sheet)
    assert done.n_decisions == 2
    told = " ".join(done.notes)
    assert "8 of 10 records have no decision (3 left empty, 5 not in the file)" in told
    assert "A comment without a decision is not kept (row 1 of the table: 'hard')" in told
    with pytest.raises(DataError, match=r"no decision to apply.*10 left empty"):
        apply_decisions(out, filled(taken, []))


def test_a_row_without_anything_is_no_row(out, taken):
    sheet = filled(taken, ["ham"], reviewer="ann")
    nothing = pl.DataFrame({name: [None] for name in sheet.columns}, schema=sheet.schema)
    assert apply_decisions(out, pl.concat([sheet, nothing])).n_decisions == 1


def test_without_a_name_the_file_stands_for_the_reviewer(out, taken, tmp_path):
    path = write_table(filled(taken, ["ham"]), tmp_path / "mine.csv")
    done = apply_decisions(out, path)
    assert done.reviewers == ("mine.csv",)
    assert "name no reviewer" in " ".join(done.notes)
    done = apply_decisions(out, path, reviewer="ann")
    assert done.reviewers == ("ann",)
    assert "name no reviewer" not in " ".join(done.notes)


def test_decisions_of_another_run_are_refused(out, taken, tmp_path):
    other = run(votes(seed=5), out=tmp_path / "other", **OPTIONS)
    with pytest.raises(DataError, match=r"holds decisions on a review .* of another run") as caught:
        apply_decisions(other, filled(taken, "ham"))
    assert caught.value.hint.startswith("This run has no review.")
    with pytest.raises(DataError, match="has no column 'lw_review'"):
        apply_decisions(out, {"id": ["001"], "label": ["ham"]})


def test_one_reviewer_who_says_two_things_is_refused(out, taken, tmp_path):
    sheet = filled(taken, ["ham"], reviewer="ann")
    twice = pl.concat([sheet, filled(taken, ["spam"], reviewer="ann")])
    with pytest.raises(DataError, match="One reviewer decides one record in two ways: row 1"):
        apply_decisions(out, twice)
    assert apply_decisions(out, pl.concat([sheet, sheet])).n_decisions == 1


def test_files_that_hold_no_decisions_are_refused(out, taken, tmp_path):
    path = tmp_path / "d.json"
    for content, message in (
        ({"kind": "decisions"}, "carries no 'format' number"),
        ({"format": 2, "kind": "decisions"}, "has format 2"),
        ({"format": 1, "kind": "plan", "decisions": []}, "holds no decisions"),
        ({"format": 1, "kind": "decisions", "decisions": [1]}, "decision 1 of d.json is no record"),
    ):
        path.write_text(json.dumps(content))
        with pytest.raises(DataError, match=message):
            apply_decisions(out, path)
    with pytest.raises(ParameterError, match="conflicts='best'"):
        apply_decisions(out, filled(taken, "ham"), conflicts="best")
    with pytest.raises(RunError, match="is no run"):
        apply_decisions(tmp_path, path)


def test_gold_stands_above_decisions(out, taken):
    apply_decisions(out, filled(taken, other_of(taken)[:5]), reviewer="ann")
    gold = votes().with_columns(
        gold=pl.when(pl.col("id") == taken.plan.items[0]).then(pl.lit(taken.plan.given[0]))
    )
    with pytest.warns(DataWarning, match="1 decisions are kept and not in force: there is gold"):
        again = _run_again(out, gold, gold="gold")
    row = again.labels.filter(pl.col("id") == taken.plan.items[0])
    assert (row["lw_label"][0], row["lw_source"][0]) == (taken.plan.given[0], "gold")


def test_a_review_cannot_be_used_as_gold(out, taken):
    apply_decisions(out, filled(taken, other_of(taken)), reviewer="ann")
    sheet = write_table(filled(taken, "ham"), out.parent / "s.csv")
    with pytest.raises(DataError, match="holds decisions of a review"):
        _run_again(out, gold_file=f"{sheet}:lw_decision")
    reviewed = pl.col("id").is_in(list(taken.plan.items))
    biased = votes().with_columns(gold=pl.when(reviewed).then(pl.lit("ham")))
    with pytest.warns(DataWarning, match="there is gold"):
        again = _run_again(out, biased, gold="gold")
    assert again.estimates["refused"].str.contains("far more than a random draw would hit").all()
    at_random = votes().with_columns(
        gold=pl.when(pl.int_range(pl.len()) % 2 == 0).then(pl.lit("ham"))
    )
    with pytest.warns(DataWarning, match="there is gold"):
        again = _run_again(out, at_random, gold="gold")
    assert again.estimates["n_gold"].unique().to_list() == [30]


def test_records_without_ids_are_known_by_what_they_hold(tmp_path):
    table = votes(40).drop("id")
    options = {"votes": "p*"}
    write_table(table, tmp_path / "in.csv")
    run(tmp_path / "in.csv", out=tmp_path / "r", **options)
    found = review(tmp_path / "r", k=5)
    apply_decisions(tmp_path / "r", filled(found, other_of(found)[:3]), reviewer="ann")
    write_table(pl.concat([table[20:], table[:20]]), tmp_path / "in.csv")
    with pytest.warns(DataWarning, match="have no ids and are not those that were reviewed"):
        again = run(tmp_path / "in.csv", out=tmp_path / "r", **options)
    assert "review" not in set(again.labels["lw_source"])
    with pytest.raises(DataError, match="is another record now"):
        apply_decisions(tmp_path / "r", filled(found, "ham"))
    write_table(table, tmp_path / "in.csv")
    again = run(tmp_path / "in.csv", out=tmp_path / "r", **options)
    assert (again.labels["lw_source"] == "review").sum() == 3


def test_a_record_that_the_run_no_longer_has_is_named(out, taken):
    _run_again(out, votes().filter(pl.col("id") != taken.plan.items[0]))
    with pytest.raises(DataError, match=rf"unknown id '{taken.plan.items[0]}': the run no longer"):
        apply_decisions(out, filled(taken, "ham"))


def test_classes_may_be_numbers_and_many(tmp_path):
    people = {f"p{a}": [(i + a * (i < 9)) % 25 for i in range(50)] for a in range(2)}
    result = run({"id": list(range(50)), **people}, votes="p*", id="id", out=tmp_path / "r")
    found = review(result, k=2)
    assert "lw_choices" not in found.to_table().columns
    apply_decisions(result, filled(found, ["24", "7"]), reviewer="ann")
    labels = load_run(tmp_path / "r").labels
    assert labels["lw_label"].dtype.is_integer()
    row = labels.filter(pl.col("id").cast(pl.String) == found.plan.items[0])
    assert (row["lw_label"][0], row["lw_top"][0]) == (24, "24: 1.000")


def test_a_report_for_sharing_stays_one(out, taken):
    _run_again(out)
    run(out.parent / "in.csv", out=out, share=True, **OPTIONS)
    apply_decisions(out, filled(taken, "ham"), reviewer="Ann Smith")
    report = (out / "report.json").read_text()
    assert load_run(out).report_data["shared"]
    assert "Ann Smith" not in report + (out / "report.html").read_text()
    assert "win money" not in report
    assert load_run(out).report_data["questions"][0]["labels"]["by_source"]["review"] == 10


def test_breakdowns_count_what_is_still_in_doubt(tmp_path):
    table = votes().with_columns(site=pl.Series(["a", "b"] * 30))
    result = run(table, by="site", out=tmp_path / "r", **OPTIONS)
    apply_decisions(result, filled(review(result), "ham"), reviewer="ann")
    rows = load_run(tmp_path / "r").report_data["questions"][0]["by"]["rows"]
    assert [row["doubtful"] for row in rows] == [0, 0]
    assert [row["doubtful_share"] for row in rows] == [0, 0]


def test_another_process_that_writes_there_is_waited_for(out, taken):
    from labelwright.pipeline._folder import RunFolder

    with RunFolder.reopened(out), pytest.raises(RunError, match="Another run is writing"):
        apply_decisions(out, filled(taken, "ham"))


def test_the_result_tells_its_story(out, taken):
    done = apply_decisions(out, filled(taken, [*other_of(taken)[:4], "unsure"]), reviewer="ann")
    told = done.findings()
    assert told[0] == ("5 decisions of ann on 5 records: 4 labels changed, 0 kept, 1 left open")
    assert re.match(r"changed: (ham → spam|spam → ham) \d", told[1])
    assert done.to_dict()["kind"] == "applied"
    assert done.to_table().columns == ["item", "before", "label", "changed", "how"]
    assert files.read_json(out / "report.json")["questions"][0]["review"]["decided"] == 4
