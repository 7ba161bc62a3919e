"""The files here are written by hand after the fields that Label Studio documents."""

import datetime
import json

import numpy as np
import pytest

from labelwright.core.errors import DataError, DataWarning
from labelwright.core.spaces import Classes, Numbers, Regions, Spans, Tags, Text
from labelwright.io import read_records, read_votes, recognise


def result(question, **value):
    kind = next(iter(value))
    return {
        "id": "r1",
        "from_name": question,
        "to_name": "text",
        "type": kind,
        "value": value,
        "original_width": 200,
        "original_height": 100,
    }


def annotation(who, *results, **others):
    return {
        "id": 7,
        "completed_by": who,
        "result": list(results),
        "was_cancelled": False,
        "ground_truth": False,
        "created_at": "2024-05-01T10:00:00.123456Z",
        "updated_at": "2024-05-01T12:00:00.123456Z",
        "lead_time": 12.5,
        "parent_prediction": None,
        "parent_annotation": None,
        "result_count": len(results),
        **others,
    }


def task(number, *annotations, predictions=(), **others):
    return {
        "id": number,
        "data": {"text": f"text {number}"},
        "annotations": list(annotations),
        "predictions": list(predictions),
        "project": 1,
        "inner_id": number,
        "meta": {},
        **others,
    }


@pytest.fixture
def export(tmp_path):
    def write(*tasks):
        path = tmp_path / "export.json"
        path.write_text(json.dumps(tasks))
        return path

    return write


@pytest.fixture
def answers(export):
    """Votes on one question 'q', an annotator each value."""

    def read(*values, **options):
        given = [annotation(who, *map(_named, v)) for who, v in enumerate(values)]
        return read_votes(export(task(1, *given)), question="q", **options)

    def _named(value):
        return result("q", **value)

    return read


def test_everything_that_comes_with_a_vote_is_kept(export):
    ann, bo = {"id": 5, "email": "ann@x.org", "first_name": "Ann"}, 6
    prediction = {
        "model_version": "v2",
        "score": 0.9,
        "result": [result("topic", choices=["b"])],
        "created_at": "2024-05-01T09:00:00Z",
    }
    path = export(
        task(
            11,
            annotation(ann, result("topic", choices=["a"]), ground_truth=True),
            annotation(bo, result("topic", choices=["b"]), parent_prediction=3, lead_time=2),
            predictions=[prediction],
        ),
        task(12, annotation(ann, was_cancelled=True)),
        task(13),
    )
    votes = read_votes(path)
    assert votes.items.tolist() == [11, 12, 13]
    assert votes.annotators.tolist() == ["ann@x.org", "6", "model:v2"]
    assert votes.counts().tolist() == [[1, 2], [0, 0], [0, 0]]
    table = votes.to_table().filter(item=11).sort("annotator")
    assert table["seconds"].to_list() == [2.0, 12.5, None]
    assert table["shown"].to_list() == [True, False, None]
    assert table["ground_truth"].to_list() == [False, True, None]
    assert table["confidence"].to_list() == [None, None, 0.9]
    assert table["time"][0] == datetime.datetime(2024, 5, 1, 12, 0, 0, 123456, datetime.UTC)
    assert votes.events["event"].to_list() == ["skip"]
    assert votes.events["seconds"].to_list() == [12.5]
    assert votes.describe()["items_without_votes"] == 2


def test_each_question_has_its_own_votes_and_must_be_named(export):
    path = export(
        task(1, annotation(1, result("topic", choices=["a"]), result("stars", rating=4))),
        task(2, annotation(1, result("topic", choices=["b"]))),
    )
    with pytest.raises(DataError, match="2 questions: topic, stars"):
        read_votes(path)
    with pytest.raises(DataError, match="Did you mean 'stars'"):
        read_votes(path, question="star")
    assert read_votes(path, question="topic").counts().tolist() == [[1, 0], [0, 1]]
    stars = read_votes(path, question="stars")
    # An unanswered question is no vote, and the item stays.
    assert (stars.n_items, len(stars)) == (2, 1)
    assert str(recognise(path)) == "Label Studio export (JSON): 2 tasks, questions topic, stars."


def test_the_records_come_in_the_order_of_the_votes(export):
    second = task(4) | {"data": {"text": "other", "id": 99}}
    path = export(task(9, annotation(1, result("q", choices=["a"]))), second)
    records = read_records(path)
    assert records["id"].to_list() == read_votes(path).items.tolist() == [9, 4]
    assert records["text"].to_list() == ["text 9", "other"]
    assert records["data.id"].to_list() == [None, 99]


def test_several_choices_are_tags(answers):
    votes = answers([{"choices": ["b", "a"]}], [{"choices": ["a"]}], [{"choices": ["c"]}])
    assert votes.space == Tags(("a", "b", "c"))
    assert set(votes.answers) == {("a", "b"), ("a",), ("c",)}


def test_single_choices_can_be_read_as_tags_on_demand(answers):
    votes = answers([{"choices": ["b"]}], [{"choices": ["a"]}], space=Tags(["a", "b", "c"]))
    assert set(votes.answers) == {("a",), ("b",)}


def test_ratings_are_ordered_classes_and_numbers_are_numbers(answers):
    ratings = answers([{"rating": 4}], [{"rating": 2}])
    assert ratings.space == Classes((1, 2, 3, 4), ordered=True)
    numbers = answers([{"number": 4}], [{"number": 2.5}])
    assert numbers.space == Numbers()
    assert sorted(numbers.label.tolist()) == [2.5, 4.0]


def test_a_taxonomy_keeps_its_parents(answers):
    votes = answers([{"taxonomy": [["Animal", "Dog"]]}], [{"taxonomy": [["Animal"]]}])
    assert votes.space.names == ("Animal", "Animal / Dog")
    assert votes.space.parents == {"Animal / Dog": "Animal"}
    several = answers([{"taxonomy": [["A", "B"], ["C"]]}])
    assert several.answers == (("A / B", "C"),)


def test_text_and_pairwise_answers(answers):
    assert answers([{"text": ["one", "two"]}]).answers == ("one\ntwo",)
    assert answers([{"text": ["one"]}]).space == Text()
    assert answers([{"selected": "left"}], [{"selected": "right"}]).space.names == ("left", "right")


def test_marked_text_and_nothing_marked(answers):
    votes = answers(
        [
            {"start": 5, "end": 9, "text": "Köln", "labels": ["place"]},
            {"start": 0, "end": 3, "text": "Ann", "labels": ["person"]},
        ],
        [],
        [{"start": "/p[1]", "end": "/p[1]", "globalOffsets": {"start": 5, "end": 9},
          "hypertextlabels": ["place"]}],
    )  # fmt: skip
    assert votes.space == Spans(("person", "place"))
    given = [votes.answers[code] for code in votes.label]
    assert given == [((0, 3, "person"), (5, 9, "place")), (), ((5, 9, "place"),)]


def test_boxes_stay_in_percent_and_turned_ones_become_polygons(answers):
    box = {"x": 10, "y": 20, "width": 30, "height": 40, "rectanglelabels": ["cell"]}
    polygon = {"points": [[0, 0], [10, 0], [5, 10]], "polygonlabels": ["cell"]}
    votes = answers([box | {"rotation": 0}], [box | {"rotation": 90}], [polygon])
    plain, turned, poly = (votes.answers[code] for code in votes.label)
    assert plain == (("cell", "box", (10, 20, 40, 60)),)
    assert poly == (("cell", "polygon", (0, 0, 10, 0, 5, 10)),)
    # The picture is 200 x 100: 30 % of its width are 60 pixels, turned 60 % of its height.
    np.testing.assert_allclose(turned[0][2], [10, 20, 10, 80, -10, 80, -10, 20], atol=1e-12)
    assert turned[0][1] == "polygon"


def test_marks_without_a_label_are_left_out_with_a_warning(answers):
    with pytest.warns(DataWarning, match="1 marks of question 'q'"):
        votes = answers(
            [{"x": 1, "y": 1, "width": 2, "height": 2, "rectanglelabels": ["cell"]}],
            [{"x": 1, "y": 1, "width": 2, "height": 2}],
        )
    assert votes.space == Regions(("cell",))
    assert () in votes.answers


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([[{"choices": ["a"]}], [{"rating": 1}]], "holds 1 choices and 1 rating"),
        ([[{"choices": ["a"]}, {"choices": ["b"]}]], "2 results in one annotation"),
        ([[{"choices": ["a"], "start": 1, "end": 2}]], "answers a region"),
        ([[{"x": 1, "y": 1, "width": 2, "height": 2}]], "marks without a label"),
        ([[{"format": "rle", "rle": []}]], "keys format"),
        ([[{"start": 1.5, "end": 2.5, "labels": ["a"]}]], "no places in a text"),
        ([[{"x": 1, "y": 2, "radiusX": 3, "ellipselabels": ["a"]}]], "neither box nor polygon"),
    ],
)
def test_what_is_no_vote_on_an_item_is_refused_by_name(answers, values, message):
    with pytest.raises(DataError, match=message):
        answers(*values)


def test_missing_keys_are_named_with_their_task(export):
    good = task(1, annotation(1, result("q", choices=["a"])))
    no_id = {key: value for key, value in good.items() if key != "id"}
    with pytest.raises(DataError, match=r"Task 2 of .* has no 'id'"):
        read_votes(export(good, no_id))
    nobody = task(5, annotation(None, result("q", choices=["a"])))
    with pytest.raises(
        DataError, match=r"Task 2 \(id 5\) of .* an annotation without 'completed_by'"
    ):
        read_votes(export(good, nobody))
    with pytest.raises(DataError, match=r"Task 2 \(id 1\) .* has the id of task 1"):
        read_votes(export(good, good))
    bare = {"id": 3, "data": {}, "annotations": None}
    assert read_votes(export(good, bare)).items.tolist() == [1, 3]
    light = {"id": 3, "data": {}, "total_annotations": 2}
    with pytest.raises(DataError, match=r"Task 2 \(id 3\) .* has no 'annotations'"):
        read_votes(export(good, light), format="label-studio")
    when = task(4, annotation(1, updated_at="yesterday"))
    with pytest.raises(DataError, match=r"Task 2 \(id 4\) .* 'yesterday' where a time"):
        read_votes(export(good, when))


def test_the_same_person_twice_counts_with_the_newest_answer(export):
    old = annotation(1, result("q", choices=["a"]), updated_at="2024-01-01T00:00:00Z")
    new = annotation(1, result("q", choices=["b"]), updated_at="2024-02-01T00:00:00Z")
    votes = read_votes(export(task(1, new, old)))
    assert (len(votes), votes.answers[votes.label[0]]) == (1, "b")
    assert votes.events["event"].to_list() == ["superseded"]
    assert len(read_votes(export(task(1, new, old)), repeats="all")) == 2


def test_scores_that_are_no_confidence_keep_their_own_name(export):
    given = [{"model_version": None, "score": s, "result": [result("q", choices=["a"])]}
             for s in (-3.0, 0.5)]  # fmt: skip
    votes = read_votes(export(task(1, predictions=given[:1]), task(2, predictions=given[1:])))
    assert votes.annotators.tolist() == ["model:unknown"]
    assert votes.extra["score"].to_list() == [-3.0, 0.5]
    assert "confidence" not in votes.extra.columns


def test_old_files_with_completions_and_skipped(export):
    old = {
        "id": 1,
        "data": {},
        "completions": [
            {"completed_by": 1, "result": [result("q", choices=["a"])]},
            {"completed_by": 2, "result": [], "skipped": True},
        ],
    }
    votes = read_votes(export(old))
    assert (len(votes), votes.events.height) == (1, 1)


def test_only_skips_hold_no_answers(export):
    with pytest.raises(DataError, match="holds no answers"):
        read_votes(export(task(1, annotation(1, was_cancelled=True))))


def minimal(item, annotator, **answers):
    return {
        "id": item,
        "text": f"text {item}",
        "annotator": annotator,
        "annotation_id": 9,
        "created_at": "2024-05-01T10:00:00Z",
        "updated_at": "2024-05-01T10:00:00Z",
        "lead_time": 3.5,
        **answers,
    }


def test_the_short_form_is_read_once_its_question_is_named(export):
    path = export(
        minimal(1, 5, topic="a", tags={"choices": ["x", "y"]}),
        minimal(1, 6, topic="b", tags={"choices": ["x"]}),
        minimal(2, 5, stars=3),
    )
    assert recognise(path).formats == ("label-studio-min",)
    # Which of its keys are data is not said.
    assert read_records(path) is None
    with pytest.raises(DataError, match="questions: text, topic, tags, stars"):
        read_votes(path)
    votes = read_votes(path, question="topic")
    assert (votes.items.tolist(), votes.annotators.tolist()) == ([1, 2], ["5", "6"])
    assert votes.extra["seconds"].to_list() == [3.5, 3.5]
    assert read_votes(path, question="tags").space == Tags(("x", "y"))
    assert read_votes(path, question="stars").space.names == (3,)


def test_the_short_form_knows_marked_text_and_refuses_mixtures(export):
    span = {"start": 0, "end": 3, "text": "Ann", "labels": ["person"]}
    path = export(minimal(1, 5, who=[span]), minimal(2, 5, who=[]))
    assert set(read_votes(path, question="who").answers) == {((0, 3, "person"),), ()}
    mixed = export(minimal(1, 5, q="a"), minimal(2, 5, q=3))
    with pytest.raises(DataError, match="mix int and str"):
        read_votes(mixed, question="q")
