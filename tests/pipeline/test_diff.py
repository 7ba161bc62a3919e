"""What changed from one run to another, and what of it is called more than noise."""

import json

import numpy as np
import polars as pl
import pytest

from labelwright.core.errors import DataError, RunError
from labelwright.pipeline import diff, run

PEOPLE = ("ann", "bo", "cy")


def table(n=300, *, seed=0, people=PEOPLE, skill=0.85, first=0):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, n)
    columns = {
        name: np.where(rng.random(n) < skill, truth, (truth + rng.integers(1, 3, n)) % 3)
        for name in people
    }
    return {"id": [f"i{first + k}" for k in range(n)]} | {
        name: np.array(["x", "y", "z"])[codes].tolist() for name, codes in columns.items()
    }


def made(tmp_path, name, data, **options):
    """A run on a file, which stays where it is."""
    path = tmp_path / f"{name}.csv"
    pl.DataFrame(data).write_csv(path)
    settings = {"id": "id", "votes": [c for c in data if c not in ("id", "gold")]} | options
    return run(str(path), out=tmp_path / name, **settings)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A run on :func:`table`, which no test changes."""
    return made(tmp_path_factory.mktemp("base"), "base", table())


def one(found):
    (question,) = found.questions
    return question


def test_a_run_differs_in_nothing_from_itself(base):
    found = one(diff(base, base.folder))
    assert found.changed.height == 0
    assert found.items["common"] == 300
    assert found.share_changed["value"] == 0
    assert {row["change"] for row in found.shares + found.annotators} == {""}
    assert found.agreement["difference"] == 0
    assert not found.settings
    assert not found.notes


def test_labels_that_changed_and_why(tmp_path):
    data = table()
    before = made(tmp_path, "before", data, method="majority-vote")
    for row in (3, 70, 200):
        other = "x" if before.labels["lw_label"][row] != "x" else "z"
        data["ann"][row] = data["bo"][row] = data["cy"][row] = other
    after = made(tmp_path, "after", data, method="majority-vote")
    found = one(diff(before, after))
    assert set(found.changed["id"]) == {"i3", "i70", "i200"}
    assert found.reasons == {"other votes on it": 3}
    labels = [result.labels["lw_label"].to_list() for result in (before, after)]
    expected = {(f"i{k}", a, b) for k, (a, b) in enumerate(zip(*labels, strict=True)) if a != b}
    assert set(found.changed.select("id", "before", "after").iter_rows()) == expected


def test_another_method_is_named(tmp_path):
    data = table(skill=0.6)
    found = one(
        diff(
            made(tmp_path, "mv", data, method="majority-vote"),
            made(tmp_path, "ds", data, method="dawid-skene"),
        )
    )
    assert found.settings["method"] == ("majority-vote", "dawid-skene")
    assert found.settings["aggregator"] == ("MajorityVote", "DawidSkene")
    assert set(found.reasons) <= {
        "another method: MajorityVote, now DawidSkene",
        "a tie, broken another way",
    }
    assert found.changed.height > 0


def test_gold_and_clear_changes_come_first(tmp_path):
    data = table()
    gold = [None] * 300
    before = made(tmp_path, "before", data | {"gold": gold}, votes=list(PEOPLE), gold=None)
    label = before.labels["lw_label"][5]
    gold[5] = "x" if label != "x" else "y"
    after = made(tmp_path, "after", data | {"gold": gold}, votes=list(PEOPLE), gold="gold")
    found = one(diff(before, after))
    row = found.changed.row(0, named=True)
    assert (row["id"], row["why"], row["clear"]) == ("i5", "from votes to gold", True)


def test_noise_is_no_change_of_people(tmp_path, base):
    """Other votes of the same people on other items: nobody is called changed."""
    for seed in range(3):
        after = made(tmp_path, f"b{seed}", table(seed=seed + 100, first=1000))
        assert {row["change"] for row in one(diff(base, after)).annotators} == {""}


def test_the_test_of_pairs_holds_its_rate():
    """Exact, so at most 5 % of p-values below 5 % where both directions are as likely."""
    from labelwright.pipeline._diff_people import _pair_row

    rng = np.random.default_rng(0)
    below, inside = [], []
    for _ in range(1_000):
        moved = rng.choice(3, 100, p=[0.8, 0.1, 0.1])
        lost, won = (moved == 1).sum(), (moved == 2).sum()
        row = {"who": "a", "n": 100, "right": 80, "right_after": 80, "lost": lost, "won": won}
        found = _pair_row(row, 0.95)
        below.append(found["p"] <= 0.05)
        inside.append(found["low"] <= 0 <= found["high"])
    assert np.mean(below) <= 0.05
    assert 0.93 <= np.mean(inside) <= 0.99


def test_a_person_who_got_worse_is_found_on_the_common_items(tmp_path):
    data = table(people=("ann", "bo", "cy", "dee", "eve"))
    rng = np.random.default_rng(1)
    worse = np.where(rng.random(300) < 0.4, rng.choice(["x", "y", "z"], 300), data["bo"]).tolist()
    before = made(tmp_path, "before", data)
    after = made(tmp_path, "after", data | {"bo": worse})
    found = one(diff(before, after))
    changed = {row["annotator"]: row for row in found.annotators if row["change"]}
    assert list(changed) == ["bo"]
    row = changed["bo"]
    assert (row["change"], row["of"], row["n_before"]) == (
        "down", "their votes on common items", 300
    )  # fmt: skip
    right = [
        np.mean(np.array(votes) == result.labels["lw_label"].to_numpy())
        for votes, result in ((data["bo"], before), (worse, after))
    ]
    assert row["difference"] == pytest.approx(right[1] - right[0])
    assert row["low"] < row["difference"] < row["high"] < 0


def test_this_week_against_last_week(tmp_path):
    """No common items: people are compared by all of their votes, as two samples."""
    before = made(tmp_path, "w1", table(400, people=(*PEOPLE, "dee", "eve")))
    later = table(400, people=(*PEOPLE, "dee", "eve"), seed=1, first=400)
    rng = np.random.default_rng(2)
    later["cy"] = np.where(rng.random(400) < 0.5, rng.choice(["x", "y", "z"], 400), later["cy"])
    found = one(diff(before, made(tmp_path, "w2", later)))
    assert found.items["common"] == 0
    assert found.items["only_after"] == 400
    assert "no item in common" in found.notes[0]
    assert found.shares == []
    changed = [(row["annotator"], row["change"]) for row in found.annotators if row["change"]]
    assert changed == [("cy", "down")]
    assert {row["of"] for row in found.annotators} == {"all of their votes in each run"}


def test_votes_that_are_no_longer_in_the_file(tmp_path):
    before = made(tmp_path, "one", table())
    path = tmp_path / "one.csv"
    pl.DataFrame(table(seed=5)).write_csv(path)
    after = run(str(path), out=tmp_path / "two", id="id", votes=list(PEOPLE))
    found = one(diff(before, after))
    assert "votes of the first run are not at hand" in found.notes[0]
    assert {row["of"] for row in found.annotators} == {"all of their votes in each run"}


def test_more_votes_and_a_new_annotator(tmp_path, base):
    more = table() | {"dee": table(people=(*PEOPLE, "dee"))["dee"]}
    found = one(diff(base, made(tmp_path, "b", more)))
    assert found.votes == {"before": 900, "after": 1200, "added_by": {"dee": 300}}
    assert [row["annotator"] for row in found.annotators if row["annotator"] == "dee"] == []


def test_shares_that_moved(tmp_path, base):
    data = table()
    moved = data | {
        name: ["x" if v == "y" and k % 2 else v for k, v in enumerate(data[name])]
        for name in PEOPLE
    }
    found = one(diff(base, made(tmp_path, "b", moved)))
    assert {row["class"]: row["change"] for row in found.shares} == {
        "x": "up",
        "y": "down",
        "z": "",
    }


def test_several_questions_and_one_that_is_gone(tmp_path):
    both = {
        f"{q}_{name}": votes
        for q in ("a", "b")
        for name, votes in table(40).items()
        if name != "id"
    }
    pl.DataFrame({"id": list(range(40))} | both).write_csv(tmp_path / "t.csv")
    options = {"id": "id", "votes": "{question}_*"}
    first = run(str(tmp_path / "t.csv"), question=["a", "b"], out=tmp_path / "r1", **options)
    extra = {name.replace("a_", "c_"): votes for name, votes in both.items() if name[0] == "a"}
    pl.DataFrame({"id": list(range(40))} | both | extra).write_csv(tmp_path / "u.csv")
    second = run(str(tmp_path / "u.csv"), question=["a", "c"], out=tmp_path / "r2", **options)
    found = diff(first, second)
    assert [question.name for question in found.questions] == ["a"]
    assert set(found.left_out) == {"b", "c"}


def test_plain_values_words_and_table(tmp_path, base):
    found = diff(base, made(tmp_path, "b", table(), method="majority-vote"))
    kept = json.loads(json.dumps(found.to_dict(), default=str))
    assert (kept["kind"], kept["first"]) == ("run_diff", str(base.folder))
    assert kept["questions"][0]["kind"] == "question_diff"
    assert found.to_table().columns[0] == "id"
    words = "\n".join(found.summary())
    assert "items   300 in both" in words
    assert "setting method: 'auto', now 'majority-vote'" in words
    assert found.share_changed == found.to_table().height / 300


def test_without_ids_items_go_by_row_and_must_be_as_many(tmp_path, base):
    data = {name: votes for name, votes in table().items() if name != "id"}
    first = made(tmp_path, "a", data, id=None)
    assert "row by row" in one(diff(first, first)).notes[0]
    shorter = {name: votes[:200] for name, votes in data.items()}
    with pytest.raises(DataError, match="300 and 200 rows and no ids"):
        diff(first, made(tmp_path, "c", shorter, id=None))
    with pytest.raises(DataError, match="by ids and the other by rows"):
        diff(first, base)


def test_a_folder_that_is_no_run(tmp_path):
    with pytest.raises(RunError, match="no run of Labelwright"):
        diff(tmp_path, tmp_path)
