from __future__ import annotations

import json

import pytest

from labelwright.report import render, shared, to_markdown, write_report
from labelwright.report.sharing import _to_hide

from . import sample


def originals(report):
    """Every text, id and annotator of a report."""
    (one,) = report["questions"]
    rows = one["labels"]["changed_rows"] + one["likely_errors"]["rows"]
    names = {row["annotator"] for row in one["annotators"]}
    return names | {row["id"] for row in rows} | {row["text"] for row in rows}


def test_no_text_name_or_id_is_left(tmp_path):
    report = sample.sample()
    (one,) = report["questions"]
    one["next"].append(
        {
            "do": "Ask in_capitals about comment-1700.",
            "why": f"It says '{sample.TEXTS[0]}'",
            "command": "labelwright review /home/nadia/runs --only comment-1700",
        }
    )
    one["input"]["notes"].append("very_short voted twice in /home/nadia/projects/comments.csv")
    write_report(report, tmp_path, share=True)
    for name in ("report.html", "report.json"):
        written = (tmp_path / name).read_text()
        assert [word for word in originals(report) if word in written] == []
        assert "nadia" not in written
    assert not [word for word in originals(report) if word in to_markdown(shared(report, "k"))]


def test_sentences_keep_their_sense():
    (one,) = shared(sample.sample(), "key")["questions"]
    names = {row["verdict"]: row["annotator"] for row in one["annotators"]}
    assert one["next"][0]["do"] == "Look at the 43 likely label errors."
    assert names["mistrust"] in one["next"][1]["do"]
    assert one["next"][0]["command"] == "labelwright review comments -k 43"


def test_annotators_are_numbered_the_same_in_all_questions():
    report = sample.several()
    report["questions"][1]["annotators"].reverse()
    first, second, _ = shared(report, "key")["questions"]
    names = [row["annotator"] for row in first["annotators"]]
    assert sorted(names) == [f"A{i:02d}" for i in range(1, 11)]
    assert [row["annotator"] for row in second["annotators"]] == names[::-1]
    # Their order says nothing about their names.
    assert names != sorted(names)


def test_names_by_which_annotators_are_known_are_left_out_too():
    report = sample.several()
    report["questions"][0]["next"][1]["do"] = "Look at what Very Short labelled."
    public = shared(report, "key")
    names = {row["name"] for row in report["questions"][0]["annotators"]}
    assert [name for name in names if name in json.dumps(public)] == []
    assert public["questions"][0]["next"][1]["do"].startswith("Look at what A")


def test_values_that_few_records_have_are_hidden():
    report = sample.several()
    by = report["questions"][0]["by"]
    by["rows"][2] |= {"items": 3, "votes": 3, "labels": 3, "doubtful": 1, "doubtful_share": 1 / 3}
    by["estimates"][0] |= {"naive": 0.001}
    hidden = shared(report, "key")["questions"][0]["by"]
    assert [row["items"] for row in hidden["rows"]] == [1031, None, None]
    assert hidden["rows"][2]["doubtful"] is hidden["rows"][1]["agreement"] is None
    assert [(one["by"], one.get("naive")) for one in hidden["estimates"]] == [("2013", None)]
    assert "hidden" in render(shared(report, "key"))


def test_ids_follow_the_key():
    def ids(key):
        (one,) = shared(sample.sample(), key)["questions"]
        return [row["id"] for row in one["likely_errors"]["rows"]]

    assert ids("a") == ids("a")
    assert not set(ids("a")) & set(ids("b"))
    assert len(set(ids("a"))) == 43


def test_the_key_stays_in_the_folder(tmp_path):
    write_report(sample.sample(), tmp_path, share=True)
    before = (tmp_path / "report.json").read_bytes()
    write_report(sample.sample(), tmp_path, share=True)
    key = (tmp_path / "share.key").read_text()
    assert (tmp_path / "report.json").read_bytes() == before
    assert key not in before.decode() + (tmp_path / "report.html").read_text()
    assert (tmp_path / "share.key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("counts", "hidden"),
    [
        ([900, 60, 5], [False, False, False]),
        ([900, 60, 4], [False, True, True]),
        ([900, 3, 4], [False, True, True]),
        ([900, 0, 0], [False, False, False]),
        ([4], [True]),
        ([4, 0], [True, False]),
        ([None, 3, 9], [False, True, True]),
    ],
)
def test_small_cells_are_hidden_and_cannot_be_worked_out(counts, hidden):
    assert _to_hide(counts) == hidden


def test_small_counts_are_hidden_everywhere():
    report = sample.sample()
    (one,) = report["questions"]
    one["input"]["classes"].append({"name": "other", "votes": 3})
    one["input"]["duplicates"] = {"groups": 2, "rows": 1}
    one["input"]["events"] = {"skip": 4}
    one["labels"]["classes"].append({"name": "other", "items": 2, "share": 2 / 1928})
    one["labels"]["confidence"][0]["items"] = 1
    one["labels"]["confidence"][9]["items"] = 2
    one["annotators"][9]["votes"] = 4
    one["model"]["calibration"]["bins"]["n"][0] = 3.0
    one["estimates"].append(sample.estimate(0.002, 0.001, 300, what="share of other", naive=0.001))
    (public,) = shared(report, "key")["questions"]
    assert [row["votes"] for row in public["input"]["classes"]] == [None, 1506, None]
    assert public["input"]["duplicates"] == {"groups": None, "rows": None}
    assert public["input"]["events"] == {"skip": None}
    labels = public["labels"]
    assert [row["items"] for row in labels["classes"]] == [None, 977, None]
    assert [row["share"] is None for row in labels["classes"]] == [True, False, True]
    assert labels["gold_check"]["differ"] is None
    assert public["annotators"][9] == one["annotators"][9] | {
        "annotator": public["annotators"][9]["annotator"],
        **dict.fromkeys(("votes", "agreement", "low", "high")),
    }
    bins = public["model"]["calibration"]["bins"]
    assert [row["n"] for row in bins] == [None, None, 42, 64, 138]
    assert bins[0]["right"] is None
    assert [one["naive"] for one in public["estimates"]] == [0.507, None]
    page = render(shared(report, "key"))
    assert "hidden" in page
    assert "at least 242 labels" in page.replace("\xa0", " ")


def test_gold_that_gives_a_small_count_away_is_hidden():
    report = sample.sample()
    alone = sample.estimate(0.99, 0.01, 300)
    report["questions"][0]["estimates"][0]["gold_only"] = alone
    (public,) = shared(report, "key")["questions"]
    assert public["estimates"][0]["gold_only"] is None


def test_short_numbers_in_sentences_are_counts_not_ids():
    report = sample.sample()
    (one,) = report["questions"]
    one["likely_errors"]["rows"][0]["id"] = 43
    one["likely_errors"]["rows"][1]["id"] = 1234567
    one["next"][1]["why"] = "Record 1234567 is one of the 43."
    (public,) = shared(report, "key")["questions"]
    assert public["next"][0]["do"] == "Look at the 43 likely label errors."
    assert public["next"][1]["why"].endswith("is one of the 43.")
    assert "1234567" not in json.dumps(public)


def test_a_command_with_open_quotes_loses_its_folders_too():
    report = sample.sample() | {"command": "labelwright run '/home/nadia/my file.csv"}
    assert shared(report, "key")["command"] == "my file.csv"
