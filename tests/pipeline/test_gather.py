import json

import numpy as np
import polars as pl
import pytest

from labelwright.core.errors import DataError, DataWarning
from labelwright.pipeline._gather import gather
from labelwright.pipeline.settings import Settings

WIDE = pl.DataFrame(
    {
        "ticket": ["t1", "t2", "t3"],
        "body": ["where is it", "my card", "refund"],
        "w_1": ["a", "b", None],
        "w_2": ["a", "a", None],
    }
)


def read(table, **options):
    return gather(Settings.of_options(**options), table)


def long(n=6):
    return pl.DataFrame(
        {
            "HITId": [f"h{i // 2}" for i in range(n)],
            "WorkerId": [f"w{i % 2}" for i in range(n)],
            "Input.text": [f"text {i // 2}" for i in range(n)],
            "Answer": ["x", "y", "x", "x", "y", "y"][:n],
            "seconds": [float(i) for i in range(n)],
        }
    )


def test_long_votes_give_one_record_an_item_and_keep_what_is_constant():
    inputs = read(long(), id="HITId", annotator="WorkerId", label="Answer", text="Input.text")
    assert inputs.records.columns == ["HITId", "Input.text"]
    assert inputs.records["HITId"].to_list() == inputs.votes.items.tolist() == ["h0", "h1", "h2"]
    assert inputs.votes.counts().tolist() == [[1, 1], [2, 0], [0, 2]]
    assert inputs.votes.column("seconds").tolist() == [0, 1, 2, 3, 4, 5]
    assert not inputs.doubtful


def test_a_text_that_differs_within_an_item_is_refused():
    with pytest.raises(DataError, match=r"'Input\.text' differs between votes on one item"):
        read(
            long().with_columns(HITId=pl.lit("h")).with_row_index("w"),
            id="HITId",
            annotator="w",
            label="Answer",
            text="Input.text",
        )


def test_wide_votes_keep_every_record_in_order():
    inputs = read(WIDE, votes="w_*", id="ticket", text="body")
    assert inputs.records.equals(WIDE)
    assert inputs.votes.items.tolist() == ["t1", "t2", "t3"]
    assert np.diff(inputs.votes.indptr).tolist() == [2, 2, 0]


def test_slots_with_the_people_who_filled_them():
    table = WIDE.with_columns(who_1=pl.Series(["p", "q", None]), who_2=pl.Series(["q", "r", None]))
    votes = read(table, votes="w_*", annotators="who_*").votes
    assert sorted(votes.annotators.tolist()) == ["p", "q", "r"]
    assert not votes.anonymous


def test_slots_of_nobody_known():
    assert read(WIDE, votes="w_*", slots=True).votes.anonymous


def test_counts_and_lists():
    counts = pl.DataFrame({"n_ham": [2, 0], "n_spam": [1, 3]})
    assert read(counts, counts="n_*").votes.counts().tolist() == [[2, 1], [0, 3]]
    lists = pl.DataFrame({"v": ["a; b; a", "b"]})
    assert read(lists, label="v", split=";").votes.counts().tolist() == [[2, 1], [0, 1]]


def test_a_second_file_of_votes(tmp_path):
    long().write_csv(tmp_path / "votes.csv")
    records = pl.DataFrame({"HITId": ["h2", "h0", "h1", "h9"], "age": [1, 2, 3, 4]})
    stated = {"id": "HITId", "annotator": "WorkerId", "label": "Answer"}
    inputs = read(records, votes_file=str(tmp_path / "votes.csv"), **stated)
    assert inputs.votes.items.tolist() == ["h2", "h0", "h1", "h9"]
    assert inputs.votes.counts().tolist() == [[0, 2], [1, 1], [2, 0], [0, 0]]
    with pytest.raises(DataError, match="There is no item 'h2'"):
        read(records[1:], votes_file=str(tmp_path / "votes.csv"), **stated)


def test_one_doubtful_label():
    inputs = read(WIDE, label="w_1", text="body")
    assert inputs.doubtful
    assert inputs.votes.n_annotators == 1


def test_votes_given_as_labels_are_refused_with_both_commands():
    with pytest.raises(DataError, match=r"2 rows share their HITId .* look like votes") as caught:
        read(long(2), id="HITId", label="Answer")
    assert "--annotator WHO" in caught.value.hint
    with pytest.raises(DataError, match=r"share their Input\.text"):
        read(long(2), label="Answer", text="Input.text")


def test_a_repeated_text_with_another_label_now_and_then_is_noise():
    table = pl.DataFrame({"t": [f"text {i}" for i in range(100)], "y": ["a", "b"] * 50})
    table[1, "t"] = "text 0"
    assert read(table, label="y", text="t").votes.n_items == 100


def test_people_beside_slots_are_asked_for():
    rng = np.random.default_rng(0)
    table = {f"label_{i}": rng.choice(["a", "b"], 60) for i in (1, 2, 3)}
    table |= {f"worker_{i}": rng.choice([f"p{n}" for n in range(12)], 60) for i in (1, 2, 3)}
    with pytest.raises(DataError, match="look like slots") as caught:
        read(pl.DataFrame(table), votes="label_*")
    assert "--annotators worker_1,worker_2,worker_3" in caught.value.hint


def test_full_columns_that_use_labels_alike_may_be_slots():
    rng = np.random.default_rng(0)
    table = pl.DataFrame({f"label_{i}": rng.choice(["a", "b"], 300) for i in (1, 2, 3)})
    with pytest.warns(DataWarning, match="may be slots rather than people"):
        read(table, votes="label_*")


def test_people_who_differ_are_not_taken_for_slots():
    rng = np.random.default_rng(0)
    table = {
        f"rater_{i}": rng.choice(["a", "b"], 300, p=[p, 1 - p])
        for i, p in enumerate((0.3, 0.5, 0.8))
    }
    read(pl.DataFrame(table), votes="rater_*")


def test_gold_from_a_column_and_from_a_file(tmp_path):
    gold = pl.DataFrame({"ticket": ["t2", "t3"], "truth": ["b", "a"], "who": ["x", "y"]})
    gold.write_csv(tmp_path / "gold.csv")
    where = f"{tmp_path / 'gold.csv'}:truth"
    inputs = read(WIDE, votes="w_*", id="ticket", gold_file=where)
    assert inputs.gold.codes.tolist() == [-1, 1, 0]
    same = read(WIDE.with_columns(g=pl.Series(["", "b", "a"])), votes="w_*", gold="g")
    assert same.gold.codes.tolist() == [-1, 1, 0]
    with pytest.raises(DataError, match="which is the gold label"):
        read(WIDE, votes="w_*", id="ticket", gold_file=str(tmp_path / "gold.csv"))
    path = str(tmp_path / "gold.csv")
    named = read(WIDE, votes="w_*", id="ticket", question="truth", gold_file=path)
    assert named.gold.codes.tolist() == [-1, 1, 0]


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (["t2", "t2"], "stands in .* more than once"),
        (["x", "y"], r"No id of .* \['x', 'y'\] there, \['t1', 't2', 't3'\] here"),
        ([1, 2], "Ids are String in the records and Int64"),
    ],
)
def test_gold_files_that_do_not_fit(tmp_path, ids, message):
    path = tmp_path / "gold.csv"
    pl.DataFrame({"ticket": ids, "truth": ["b", "a"]}).write_csv(path)
    with pytest.raises(DataError, match=message):
        read(WIDE, votes="w_*", id="ticket", gold_file=str(path))


def test_gold_of_unknown_items_is_said(tmp_path):
    path = tmp_path / "gold.csv"
    pl.DataFrame({"ticket": ["t1", "t7"], "truth": ["b", "a"]}).write_csv(path)
    with pytest.warns(DataWarning, match="1 ids of .*gold.csv are not among the records"):
        inputs = read(WIDE, votes="w_*", id="ticket", gold_file=str(path))
    assert inputs.gold.codes.tolist() == [1, -1, -1]


def test_a_missing_group_is_a_group_of_its_own():
    table = WIDE.with_columns(customer=pl.Series([None, "c", None]))
    groups = read(table, votes="w_*", group="customer").group
    assert len(set(groups.tolist())) == 3


def test_a_limit_draws_items_with_all_of_their_votes():
    inputs = read(long(), id="HITId", annotator="WorkerId", label="Answer", limit=2)
    assert np.diff(inputs.votes.indptr).tolist() == [2, 2]
    assert "Only 2 of 3 items" in inputs.notes[0]


@pytest.mark.parametrize(
    ("table", "options", "message"),
    [
        (WIDE.rename({"body": "lw_label"}), {"votes": "w_*"}, "a name that Labelwright gives"),
        (WIDE, {"votes": "x_*"}, "No column fits 'x_\\*'"),
        (WIDE, {"votes": "w_*", "id": "tickets"}, "Did you mean 'ticket'"),
        (WIDE, {"label": "w_9"}, "no column 'w_9'"),
        (WIDE, {"text": "body"}, "not said"),
        (WIDE, {"votes": "w_*", "gold": "w_2"}, "'w_2' is named by --gold and fits the votes"),
        (
            WIDE.with_columns(id=pl.lit(1), w_2=pl.lit("a")),
            {"label": "w_2", "id": "id"},
            "more than one row",
        ),
    ],
)
def test_bad_input(table, options, message):
    with pytest.raises(DataError, match=message):
        read(table, **options)


def test_a_header_only(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a,b\n")
    with pytest.raises(DataError, match="2 columns and no rows"):
        gather(Settings.of_options(file=str(path), label="a"))


def test_sheets_that_came_back_bring_how_they_were_drawn(tmp_path):
    from labelwright.pipeline.sheets import write_sheets

    table = pl.DataFrame(
        {
            "id": [f"r{i}" for i in range(40)],
            "body": [f"text {i}" for i in range(40)],
            "y": ["a", "b"] * 20,
        }
    )
    table.write_csv(tmp_path / "in.csv")
    plan = write_sheets(
        tmp_path / "in.csv", tmp_path / "gold.csv", 10, id="id", show="body", classes=["a", "b"]
    )
    sheet = pl.read_csv(tmp_path / "gold.csv").with_columns(label=pl.Series(["a", "b"] * 5))
    sheet.write_csv(tmp_path / "gold.csv")
    gold = read(table, label="y", id="id", gold_file=str(tmp_path / "gold.csv")).gold
    drawn = np.isin(table["id"].to_numpy(), np.array(plan.ids))
    assert ((gold.codes >= 0) == drawn).all()
    np.testing.assert_allclose(gold.inclusion[drawn], 0.25)
    assert np.isnan(gold.inclusion[~drawn]).all()


def test_the_export_of_a_tool_brings_its_records(tmp_path):
    def task(number, *given):
        made = {"updated_at": "2026-01-01T00:00:00Z", "lead_time": 2.0}
        annotations = [
            made
            | {
                "id": 10 * number + who,
                "completed_by": who,
                "was_cancelled": label is None,
                "result": []
                if label is None
                else [{"from_name": "topic", "type": "choices", "value": {"choices": [label]}}],
            }
            for who, label in enumerate(given)
        ]
        return {"id": number, "data": {"body": f"text {number}"}, "annotations": annotations}

    path = tmp_path / "export.json"
    path.write_text(json.dumps([task(7, "x", "y"), task(3, "x", None), task(5)]))
    inputs = gather(Settings.of_options(file=str(path), text="body"))
    assert inputs.records.rows() == [(7, "text 7"), (3, "text 3"), (5, "text 5")]
    assert inputs.votes.items.tolist() == [7, 3, 5]
    assert inputs.votes.counts().tolist() == [[1, 1], [1, 0], [0, 0]]
    assert inputs.votes.events["event"].to_list() == ["skip"]
    assert "Label Studio export" in inputs.notes[0]
    WIDE.write_csv(tmp_path / "table.csv")
    with pytest.raises(DataError, match="not said where the labels are"):
        gather(Settings.of_options(file=str(tmp_path / "table.csv"), text="body"))
