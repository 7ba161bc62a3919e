import json
import shlex

import numpy as np
import polars as pl
import pytest

from labelwright.core.errors import DataError
from labelwright.pipeline import Settings, look
from labelwright.pipeline._gather import gather
from labelwright.pipeline._roles import guess_columns, guess_shape


def crowd(n_items=60, n_workers=8, seed=0):
    """A file of a crowd platform: a row an assignment, the text five times."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(["billing", "card", "other"], n_items)
    rows = []
    for i in range(n_items):
        for w in rng.permutation(n_workers)[:5]:
            label = truth[i] if rng.random() < 0.7 else rng.choice(["billing", "card", "other"])
            rows.append((f"3X{i:04d}", f"W{w}", f"my ticket number {i} says this and that", label))
    columns = ["HITId", "WorkerId", "Input.text", "Answer.category"]
    return pl.DataFrame(rows, schema=columns, orient="row")


def wide(n=80, seed=0):
    rng = np.random.default_rng(seed)
    truth = rng.choice(["yes", "no"], n)
    people = {
        f"rater_{name}": np.where(rng.random(n) < right, truth, "yes")
        for name, right in (("ann", 0.9), ("bo", 0.7), ("cy", 0.4))
    }
    return pl.DataFrame({"doc_id": [f"d{i}" for i in range(n)], **people})


def does_what_it_says(found, table):
    """The command proposed reads the table."""
    words = shlex.split(found.commands[0])[3:]
    options = dict(zip((w[2:] for w in words[::2]), words[1::2], strict=True))
    return gather(Settings.of_options(**options), table)


def test_a_crowd_file_is_read_as_votes():
    table = crowd()
    found = look(table)
    assert (
        "one a vote: 60 items (HITId), 8 annotators (WorkerId), the vote in Answer.category"
        in found.holds
    )
    inputs = does_what_it_says(found, table)
    assert (inputs.votes.n_items, len(inputs.votes)) == (60, 300)
    assert "--text Input.text" in found.commands[0]
    text = " ".join(found.findings)
    assert "Agreement: Krippendorff's alpha" in text
    assert "tied under a majority vote" in text


def test_people_in_columns():
    table = wide()
    found = look(table)
    assert "a column of votes each from 3 annotators" in found.holds
    assert found.commands == ("labelwright run FILE --votes 'rater_*' --id doc_id",)
    assert does_what_it_says(found, table).votes.n_annotators == 3


def test_numbered_columns_of_one_label_each_are_rules():
    table = {
        "id": range(60),
        "lf1": ["spam", None, None] * 20,
        "lf2": [None, "spam", None] * 20,
        "lf10": [None, "ham", "ham"] * 20,
        "source": ["web", "app", "mail"] * 20,
    }
    found = look(table)
    assert "a column of votes each from 3 annotators" in found.holds
    assert found.commands == ("labelwright run FILE --votes 'lf*' --id id",)


def test_slots_with_people_beside_them():
    rng = np.random.default_rng(0)
    table = {f"label_{i}": rng.choice(["a", "b"], 100) for i in (1, 2, 3)}
    table |= {f"worker_{i}": rng.choice([f"p{n}" for n in range(15)], 100) for i in (1, 2, 3)}
    found = look(pl.DataFrame(table))
    assert "by the people in worker_1" in found.holds
    assert "--annotators 'worker_*'" in found.commands[0]


def test_slots_of_unknown_people_are_said():
    rng = np.random.default_rng(0)
    table = pl.DataFrame({f"label_{i}": rng.choice(["a", "b"], 200) for i in (1, 2, 3)})
    assert any("may be slots rather than people" in line for line in look(table).findings)


def test_one_label_with_text_and_gold():
    rng = np.random.default_rng(0)
    words = {"good": "love this great lovely thing", "bad": "awful broken horrible mess here"}
    truth = rng.choice(["good", "bad"], 200)
    texts = [f"{words[t]} number {i % 190}" for i, t in enumerate(truth)]
    table = pl.DataFrame(
        {"review": texts, "sentiment": truth, "gold": [*truth[:50], *[None] * 150]}
    )
    table[3, "sentiment"] = "bad" if truth[3] == "good" else "good"
    found = look(table)
    assert "one label each in sentiment" in found.holds
    assert found.commands == ("labelwright run FILE --label sentiment --text review --gold gold",)
    text = " ".join(found.findings)
    assert "50 rows have a gold label" in text
    assert "look wrong to a quick model" in text


def test_spelling_variants_are_reported():
    table = pl.DataFrame(
        {
            "text": [f"a longer text, number {i}" for i in range(90)],
            "label": ["Yes", "yes ", "no"] * 30,
        }
    )
    assert any("'Yes', 'yes '" in line for line in look(table).findings)


def test_what_is_unclear_is_asked():
    table = pl.DataFrame({"a": np.arange(50) * 1.5, "b": np.arange(50) * 2.5})
    found = look(table)
    assert "not clear" in found.holds
    assert len(found.commands) == 3


def test_a_large_file_is_sampled_by_item_and_says_so():
    found = look(crowd(), most_rows=100)
    assert found.looked_at < found.rows == 300
    assert found.looked_at % 5 == 0
    assert any("These answers rest on" in line for line in found.findings)


def test_the_export_of_a_tool_with_several_questions(tmp_path):
    results = [
        {"from_name": name, "type": "choices", "value": {"choices": ["x"]}}
        for name in ("topic", "tone")
    ]
    annotations = [{"completed_by": who, "result": results} for who in (1, 2)]
    path = tmp_path / "export.json"
    path.write_text(json.dumps([{"id": 1, "data": {}, "annotations": annotations}]))
    found = look(path)
    assert [command.rpartition(" ")[2] for command in found.commands] == ["all", "topic", "tone"]
    assert any(line.startswith("tone: 2 votes") for line in found.findings)


def test_an_empty_file(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a,b\n")
    with pytest.raises(DataError, match="2 columns and no rows"):
        look(path)


def test_roles_come_from_values_and_names():
    frame = crowd().with_columns(created_at=pl.lit("2026-01-01"), score=pl.int_range(300) * 0.1)
    roles = {c.name: c.role for c in guess_columns(frame)}
    assert roles["WorkerId"] == "annotator"
    assert roles["Input.text"] == "text"
    assert roles["Answer.category"] == "label"
    assert roles["score"] == "number"
    assert guess_shape(frame, guess_columns(frame)).name == "long"
