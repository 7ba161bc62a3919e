"""Which questions a run has, and what each of them reads."""

import json

import polars as pl
import pytest

from labelwright.core.errors import DataError, DataWarning, ParameterError
from labelwright.pipeline._folder import folder_name
from labelwright.pipeline._questions import plan_questions
from labelwright.pipeline.settings import Settings

TABLE = pl.DataFrame(
    {
        "id": [1, 2],
        **{f"{q}_{who}": ["x", "y"] for q in ("topic", "tone") for who in ("ann", "bo")},
        "topic_true": ["x", None],
    }
)
BOTH = {"question": ["topic", "tone"], "votes": "{question}_*"}
BOOK = """format = 1
[question.topic]
kind = "classes"
[[question.topic.class]]
name = "x"
[question.tone]
kind = "classes"
[[question.tone.class]]
name = "y"
"""


def plan(table=TABLE, **options):
    return plan_questions(Settings.of_options(**options), table)


def test_the_name_of_a_question_is_put_into_columns_and_files(tmp_path):
    for name in ("topic", "tone"):
        (tmp_path / f"gold_{name}.csv").write_text("id,label\n1,x\n")
    first, second = plan(
        id="id", gold_file=str(tmp_path / "gold_{question}.csv"), text="about {question}", **BOTH
    ).questions
    assert (first.asked, first.votes, first.text) == ("topic", ("topic_*",), "about topic")
    assert second.gold_file == str(tmp_path / "gold_tone.csv")
    (alone,) = plan(question="topic", votes="{question}_*").questions
    assert alone == Settings.of_options(question="topic", votes="topic_*")


def test_all_questions_of_a_table_are_those_of_the_codebook(tmp_path):
    path = tmp_path / "book.toml"
    path.write_text(BOOK)
    found = plan(question="all", codebook=str(path), votes="{question}_*").questions
    assert [one.asked for one in found] == ["topic", "tone"]
    with pytest.raises(ParameterError, match="does not say what all of its questions are"):
        plan(question="all", votes="{question}_*")
    with pytest.raises(DataError, match=r"no question 'tonn'\. Did you mean 'tone'"):
        plan(question=["topic", "tonn"], codebook=str(path), votes="{question}_*")
    path.write_text(BOOK.replace(".topic", "").partition("[question.tone]")[0])
    with pytest.raises(DataError, match="one question, without a name"):
        plan(codebook=str(path), **BOTH)


def test_gold_is_a_column_a_question(tmp_path):
    path = tmp_path / "gold.csv"
    path.write_text("id,tone,topic,who\n1,y,x,me\n")
    found = plan(id="id", gold_file=str(path), **BOTH).questions
    assert [one.gold_file for one in found] == [f"{path}:topic", f"{path}:tone"]
    path.write_text("id,is tone\n1,y\n")
    with pytest.warns(DataWarning, match="'topic': no gold"):
        found = plan(id="id", gold_file=f"{path}:is {{question}}", **BOTH).questions
    assert [one.gold_file for one in found] == [None, f"{path}:is tone"]
    with pytest.raises(DataError, match="gold for none of the questions: 'topic', 'tone'"):
        plan(id="id", gold_file=str(path), **BOTH)
    votes = {"question": ["topic", "tone"], "votes": "{question}_ann"}
    with pytest.warns(DataWarning, match="'tone': no gold"):
        found = plan(gold="{question}_true", **votes).questions
    assert [one.gold for one in found] == ["topic_true", None]


def test_gold_of_one_question_is_not_that_of_another(tmp_path):
    path = tmp_path / "gold.csv"
    path.write_text("id,topic\n1,x\n")
    with pytest.warns(DataWarning, match="'tone': no gold"):
        found = plan(id="id", gold_file=str(path), **BOTH).questions
    assert found[1].gold_file is None
    for options in ({"gold": "topic_true"}, {"gold_file": f"{path}:topic", "id": "id"}):
        with pytest.raises(ParameterError, match="same gold for every question"):
            plan(**options, **BOTH)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"question": ["topic", "tone"], "votes": "topic_*"}, "would read the same votes: --votes"),
        ({"question": ["topic", "tone"], "label": "topic_ann"}, "--label holds no {question}"),
        ({"question": ["topic", "topic_a"], "votes": "{question}*"}, "of 'topic' and of 'topic_a'"),
        ({"question": ["topic", "color"], "votes": "{question}_*"}, "No column fits 'color_"),
        ({"question": ["a/b", "a?b"], "votes": "{question}_*"}, "would share the folder 'a_b'"),
        ({"question": ["Tone", "tone"], "votes": "{question}_*"}, "would share the folder"),
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(options, message):
    with pytest.raises((DataError, ParameterError), match=message):
        plan(**options)


def test_questions_of_an_export_are_known_before_anything_is_read(tmp_path):
    path = tmp_path / "export.json"
    results = [
        {"from_name": name, "type": "choices", "value": {"choices": ["x"]}}
        for name in ("topic", "tone", "mood")
    ]
    task = {"id": 1, "data": {}, "annotations": [{"completed_by": 1, "result": results}]}
    path.write_text(json.dumps([task]))
    file = {"table": None, "file": str(path)}
    with pytest.raises(DataError, match=r"no question 'tonne'\. Did you mean 'tone'"):
        plan(question=["topic", "tonne"], **file)
    assert len(plan(question="all", **file).questions) == 3
    (tmp_path / "book.toml").write_text(BOOK)
    found = plan(question="all", codebook=str(tmp_path / "book.toml"), **file)
    assert [one.asked for one in found.questions] == ["topic", "tone"]
    assert found.left_out == {"mood": "the codebook does not have it"}
    short = {"id": 1, "annotation_id": 2, "annotator": 3, "lead_time": 1.0, "text": "a", "q": "x"}
    path.write_text(json.dumps([short]))
    with pytest.raises(DataError, match="not certain what all of its questions are"):
        plan(question="all", **file)


@pytest.mark.parametrize(
    ("question", "folder"),
    [
        ("topic", "topic"),
        ("../../etc", "_.._etc"),
        ("..", "_"),
        ("Model", "Model_"),
        ("report.html", "report.html_"),
        ("très long " * 20, ("très long " * 8).strip()),
    ],
)
def test_folders_have_names_that_every_system_takes(question, folder):
    assert folder_name(question) == folder
