"""Labels that need a person, out of a run."""

from __future__ import annotations

import json

import polars as pl
import pytest
from tests.pipeline._reviews import OPTIONS, filled, votes

from labelwright.core.errors import DataError, ParameterError, RunError
from labelwright.io import read_table
from labelwright.pipeline import apply_decisions, load_run, review, run


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """A finished run that tests only read."""
    return run(votes(), out=tmp_path_factory.mktemp("runs") / "r", **OPTIONS)


def test_the_worst_come_first_and_all_that_is_in_doubt_is_there(done, tmp_path):
    found = review(done, k=1000, out=tmp_path / "sheet.csv")
    issues = done.issues
    assert len(found) == len(issues) == done.labels["lw_doubtful"].sum() > 10
    assert found.records["id"].to_list() == issues["id"].to_list()
    assert found.left == 0
    few = review(done, k=3, out=tmp_path / "few.csv")
    assert few.records.equals(found.records.head(3))
    assert few.left == len(found) - 3


def test_a_sheet_shows_what_a_reviewer_needs_and_has_room_for_the_answer(done, tmp_path):
    found = review(done, k=5, out=tmp_path / "sheet.xlsx")
    sheet = read_table(tmp_path / "sheet.xlsx")
    assert sheet.columns == [
        *("lw_review", "id", "text", "lw_label", "lw_suggested", "lw_why"),
        *("lw_choices", "lw_decision", "lw_comment", "lw_reviewer"),
    ]
    assert sheet["lw_choices"].unique().to_list() == ["ham | spam | unsure"]
    assert sheet["lw_review"].to_list() == [f"lw-{found.plan.id}-{n}" for n in range(1, 6)]
    assert sheet[["lw_decision", "lw_comment", "lw_reviewer"]].null_count().row(0) == (5, 5, 5)
    labels = dict(done.labels.select("id", "lw_label").iter_rows())
    assert sheet["lw_label"].to_list() == [labels[name] for name in found.records["id"]]


def test_the_two_kinds_are_all(done, tmp_path):
    parts = {
        kind: review(done, k=1000, kind=kind, out=tmp_path / f"{kind}.csv").records
        for kind in ("all", "doubtful", "likely-errors")
    }
    assert set(parts["doubtful"]["lw_kind"]) == {"little belief"}
    assert "little belief" not in set(parts["likely-errors"]["lw_kind"])
    assert parts["doubtful"].height + parts["likely-errors"].height == parts["all"].height


def test_the_same_review_is_the_same_and_has_one_number(done, tmp_path):
    first = review(done, k=4, out=tmp_path / "a.html")
    again = review(done, k=4, out=tmp_path / "b.html")
    other = review(done, k=5, out=tmp_path / "c.html")
    assert first.plan == again.plan
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
    assert other.plan.id != first.plan.id
    assert other.plan.number != first.plan.number
    assert review(done, k=4, out=tmp_path / "a.html").path == tmp_path / "a.html"


def test_what_may_hold_decisions_is_never_overwritten(done, tmp_path):
    review(done, k=4, out=tmp_path / "a.csv")
    before = (tmp_path / "a.csv").read_bytes()
    with pytest.raises(RunError, match=r"a\.csv exists, and decisions may stand in it"):
        review(done, k=4, out=tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_bytes() == before
    review(done, k=4, out=tmp_path / "a.html")
    with pytest.raises(RunError, match=r"a\.html exists"):
        review(done, k=5, out=tmp_path / "a.html")


def test_without_a_text_the_columns_are_shown_and_records_go_by_their_row(tmp_path):
    table = votes(30)
    result = run(table.drop("id"), votes="p*", out=tmp_path / "r")
    found = review(result, k=3)
    assert found.id_name == "row"
    assert found.shown == ("text", "p0", "p1", "p2", "p3")
    rows = [int(name) for name in found.records["row"]]
    assert found.records["text"].to_list() == table["text"].gather(rows).to_list()
    assert review(result, k=3, show="te*", out=tmp_path / "t.csv").shown == ("text",)


def test_of_a_run_of_several_questions_one_is_named(tmp_path):
    table = votes(40)
    table = table.rename({f"p{a}": f"tone_{a}" for a in range(4)}).with_columns(
        **{f"topic_{a}": table[f"p{a}"] for a in range(4)}
    )
    result = run(
        table, question=["tone", "topic"], votes="{question}_*", id="id", out=tmp_path / "r"
    )
    with pytest.raises(ParameterError, match=r"several questions: tone, topic.*--question"):
        review(result)
    found = review(tmp_path / "r", question="topic")
    assert found.path == tmp_path / "r" / "topic" / "review_1.html"
    assert review(result["topic"]).plan == found.plan
    steps = load_run(tmp_path / "r").report_data["questions"][1]["next"]
    assert steps[0]["command"] == f"labelwright review {tmp_path / 'r'} --question topic"
    apply_decisions(result, filled(found, "ham"), question="topic", reviewer="ann")
    again = load_run(tmp_path / "r")
    assert again["topic"].labels["lw_source"].value_counts(sort=True)["lw_source"][-1] == "review"
    assert set(again["tone"].labels["lw_source"]) == {"votes"}
    assert again.report_data["questions"][1]["review"]["decided"] == len(found)
    assert "review" not in again.report_data["questions"][0]


def test_when_nothing_is_in_doubt_nothing_is_written(tmp_path):
    table = pl.DataFrame({"id": ["a", "b", "c"], "p1": list("xyx"), "p2": list("xyx")})
    result = run(table, votes="p*", id="id", out=tmp_path / "r")
    found = review(result)
    assert (len(found), found.path) == (0, None)
    assert not list((tmp_path / "r").glob("review_*"))


def test_a_doubtful_column_is_reviewed_too(tmp_path):
    table = votes(80).rename({"p0": "label"})
    result = run(table[["id", "text", "label"]], id="id", text="text", label="label",
                 out=tmp_path / "r")  # fmt: skip
    found = review(result, k=5)
    assert len(found) == 5
    assert set(found.records["lw_kind"]) <= {"model disagrees", "neighbours disagree"}


def test_what_the_page_shows_is_json_of_the_same(done, tmp_path):
    found = review(done, k=3, out=tmp_path / "a.html")
    page = (tmp_path / "a.html").read_text()
    start = page.index('<script type="application/json" id="data">') + 42
    data = json.loads(page[start : page.index("</script>", start)])
    assert data == found.page_data()
    assert [record["id"] for record in data["records"]] == found.records["id"].to_list()


def test_bad_input(done, tmp_path):
    with pytest.raises(ParameterError, match="k=0"):
        review(done, k=0)
    with pytest.raises(ParameterError, match="kind='doubt'"):
        review(done, kind="doubt")
    with pytest.raises(RunError, match="is no run of Labelwright"):
        review(tmp_path)
    with pytest.raises(DataError, match="no question 'topic'"):
        review(done, question="topic")
    (done.folder / ".labelwright" / "report.json").rename(tmp_path / "kept.json")
    sheet = review(done, k=2, out=tmp_path / "s.csv").to_table()
    with pytest.raises(RunError, match="made by a version that knew no reviews"):
        apply_decisions(done, sheet.with_columns(lw_decision=pl.lit("ham")))
    (tmp_path / "kept.json").rename(done.folder / ".labelwright" / "report.json")
