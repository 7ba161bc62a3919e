from __future__ import annotations

import importlib
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from labelwright.core.errors import (
    DataError,
    LabelwrightError,
    LabelwrightWarning,
    ParameterError,
    SpaceError,
)
from labelwright.core.executor import LocalExecutor
from labelwright.core.spaces import Classes
from labelwright.datasets import load_youtube_spam, youtube_spam_rules, youtube_spam_votes
from labelwright.sources import KeywordRule, RegexRule, RuleSet, rule

HERE = LocalExecutor("threads", workers=1)
CLASSES = ["ham", "spam"]


@pytest.fixture(scope="module")
def work():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(Path(__file__).parent)
        yield importlib.import_module("rule_work")


@pytest.fixture(scope="module")
def processes(work):
    with LocalExecutor("processes", 2) as executor:
        yield executor


def comments(n=700):
    rng = np.random.default_rng(0)
    words = np.array(["win", "PRIZE", "psy", "shakira", "a", "song", "page", "love"])
    texts = [f"{' '.join(rng.choice(words, rng.integers(1, 9)))} {row}" for row in range(n)]
    likes = [None if row % 7 == 0 else int(rng.integers(12)) for row in range(n)]
    return pl.DataFrame({"cid": [f"c{row}" for row in range(n)], "text": texts, "likes": likes})


def same(one, other):
    """Whether two votes are equal bit for bit."""
    arrays = ("items", "annotators", "indptr", "annotator", "label")
    return all(
        getattr(one, name).dtype == getattr(other, name).dtype
        and getattr(one, name).tolist() == getattr(other, name).tolist()
        for name in arrays
    ) and (one.answers, one.space) == (other.answers, other.space)


def test_votes_are_the_same_bit_for_bit_for_any_kind_and_number_of_workers(work):
    rules = RuleSet(
        [work.shout, work.length, work.artist, work.whole, work.WORDS, work.fails_on_17], CLASSES
    )
    table = comments()
    serial = rules.apply(table, id="cid", executor=HERE)
    assert len(serial.votes) > 1000
    for executor in (LocalExecutor("threads", 3), *(LocalExecutor("processes", n) for n in (1, 3))):
        with executor:
            found = rules.apply(table, id="cid", executor=executor)
        assert same(found.votes, serial.votes)
        assert found.errors == serial.errors


def test_votes_are_what_the_rules_say_one_by_one(processes):
    comments = load_youtube_spam().records
    wide = youtube_spam_votes().drop("text")
    found = RuleSet(youtube_spam_rules(), CLASSES).apply(comments, id="item", executor=processes)
    codes = np.full(wide.shape, -1)
    codes[found.votes.item, found.votes.annotator] = found.votes.label
    said = np.array([[*CLASSES, None][code] for code in codes.ravel()]).reshape(wide.shape)
    texts = comments["text"].str.contains("&").to_numpy()  # there texts are unescaped before
    assert found.votes.annotators.tolist() == wide.columns
    assert (said[~texts] == wide.to_numpy()[~texts]).all()


def test_slow_rules_are_handed_back_in_parts_and_nothing_is_lost(work, monkeypatch, processes):
    monkeypatch.setattr("labelwright.sources._asking.PATIENCE", 0.05)
    table, rules = comments(60), RuleSet([work.slow, work.length])
    found = rules.apply(table, executor=HERE)
    assert np.bincount(found.votes.annotator).tolist() == [6, 60]
    assert same(found.votes, rules.apply(table, executor=processes, time_limit=None).votes)


def test_the_rest_of_a_slow_part_is_shared_out(work, monkeypatch):
    monkeypatch.setattr("labelwright.sources._asking.PATIENCE", 0.05)
    widths = []

    class Watched(LocalExecutor):
        def put(self, shards):
            widths.append(len(shards))
            return super().put(shards)

    RuleSet([work.slow]).apply(comments(60), executor=Watched("threads", 1))
    assert widths[0] == 1
    assert max(widths) > 1


def test_a_rule_that_raises_is_shown_and_the_others_go_on(work, processes):
    found = RuleSet([work.fails_on_17, work.leaves, work.shout]).apply(
        comments(), id="cid", executor=processes
    )
    first, second = found.errors
    assert (first.rule, first.row, first.item) == ("leaves", 3, "c3")
    line = work.fails_on_17.function.__code__.co_firstlineno + 3
    assert str(second) == (
        "Rule 'fails_on_17', record 17 (item 'c17'): ValueError: seventeen is not liked "
        f"(rule_work.py, line {line})"
    )
    table = found.to_table()
    assert table["errors"].to_list() == [1, 1, 0]
    assert table["votes"].to_list()[:2] == [699, 699]
    assert table["first_error"].to_list()[2] is None
    assert found.to_dict()["errors"][0]["error"] == "SystemExit: 2"


def test_too_many_errors_end_the_work_with_the_first_of_them():
    @rule
    def careless(text):
        return text.strip(7)

    rules = RuleSet([careless])
    message = (
        r"'careless' failed on 3 records, first on record 0: TypeError: .*\(test_rule_set.py, line"
    )
    with pytest.raises(LabelwrightError, match=message) as caught:
        rules.apply(comments(50), executor=HERE, max_errors=2)
    assert caught.value.where == {"rule": "careless", "row": 0, "errors": 3}
    with pytest.raises(DataError, match="No rule voted on any record, and no classes were given"):
        rules.apply(comments(50), executor=HERE, max_errors=50)


@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_a_rule_that_loops_is_stopped_and_the_record_is_named(work, kind):
    with LocalExecutor(kind, 1) as executor:
        found = RuleSet([work.loops, work.shout]).apply(
            comments(), executor=executor, time_limit=0.2
        )
    (error,) = found.errors
    assert (error.rule, error.row) == ("loops", 300)
    assert error.error == "it was stopped after 0.2 s"
    assert found.to_table()["votes"][0] == 699
    assert found.seconds["loops"] >= 0.2


@pytest.mark.parametrize("name", ["deaf", "swallows"])
def test_a_rule_that_no_signal_stops_costs_its_process_and_one_record(work, name, monkeypatch):
    # The caller waits for as long as it believes a part to take at most.
    for limit in ("PATIENCE", "GRACE"):
        monkeypatch.setattr(f"labelwright.sources._asking.{limit}", 0.3)
    with LocalExecutor("processes", 2) as executor:
        found = RuleSet([work.shout, getattr(work, name)]).apply(
            comments(20), executor=executor, time_limit=0.2
        )
    (error,) = found.errors
    assert (error.rule, error.row, error.error) == (name, 5, "it hung, and its process was ended")
    assert found.to_table()["votes"][1] == 19


def test_the_timer_of_the_program_is_given_back():
    import signal

    heard = []
    before = signal.signal(signal.SIGALRM, lambda *_: heard.append(1))
    try:
        RuleSet([KeywordRule(["a"], "x")]).apply({"text": ["a"]}, executor=HERE, time_limit=0.01)
        time.sleep(0.05)
        assert not heard
        signal.raise_signal(signal.SIGALRM)
        assert heard
    finally:
        signal.signal(signal.SIGALRM, before)


def test_a_process_that_ends_is_told_with_its_records(work):
    with (
        LocalExecutor("processes", 1) as executor,
        pytest.raises(LabelwrightError, match=r"exit code 7.*about records 256 to 511") as caught,
    ):
        RuleSet([work.dies], CLASSES).apply(comments(), executor=executor)
    assert caught.value.where["records"] == (256, 511)


@pytest.mark.parametrize(
    ("name", "label", "hint"),
    [
        ("misspelt", "'spma'", "Did you mean 'spam'?.* For no vote return None"),
        ("yes", "True", r"states its label: @rule\(label=...\)"),
        ("odd", r"\['spam'\]", "or None"),
    ],
)
def test_an_unknown_label_names_rule_record_label_and_the_near_class(work, name, label, hint):
    message = f"Rule '{name}' gave record .* the label {label}, which is no class.*{hint}"
    with pytest.raises(SpaceError, match=message) as caught:
        RuleSet([work.shout, getattr(work, name)], CLASSES).apply(comments(), executor=HERE)
    assert caught.value.where["rule"] == name
    assert caught.value.where["row"] == (40 if name == "misspelt" else 0)


def test_minus_one_is_no_way_to_abstain_but_none_and_nan_are():
    def vote(number):
        return {0: None, 1: float("nan"), 2: np.int64(7), 3: -1}[number]

    rules = RuleSet([vote], classes=[3, 7])
    found = rules.apply({"number": [0, 1, 2]}, executor=HERE).votes
    assert (found.item.tolist(), found.label.tolist()) == ([2], [1])
    with pytest.raises(SpaceError, match=r"record 0 the label -1.*For no vote return None"):
        rules.apply({"number": [3]}, executor=HERE)


def test_answers_of_the_codebook_that_abstain_are_events_and_aliases_their_class(work):
    space = Classes(["ham", "spam"], aliases={"junk": "spam"}, abstain=["unsure"])
    rules = RuleSet([work.unsure, KeywordRule(["win"], "junk", name="w")], space)
    votes = rules.apply({"text": ["win 10", "win 1"]}, executor=HERE).votes
    assert votes.events.select("item", "annotator", "event").rows() == [(0, 0, "unsure")]
    assert votes.to_table().filter(pl.col("event").is_null()).select(
        "item", "annotator", "label"
    ).rows() == [(0, "w", "spam"), (1, "unsure", "ham"), (1, "w", "spam")]


def test_without_classes_they_are_the_labels_stated_and_said():
    def number(text):
        return "b10"

    votes = (
        RuleSet([number, KeywordRule(["zzz"], "b2")]).apply({"text": ["x"]}, executor=HERE).votes
    )
    assert votes.classes.names == ("b2", "b10")
    numbers = RuleSet({"half": lambda text: 0.5})
    with pytest.raises(SpaceError, match=r"gave record 0 the label 0\.5, which is no class"):
        numbers.apply({"text": ["x"]}, executor=HERE)


@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_what_rules_print_goes_to_standard_error(work, capfd, kind):
    with LocalExecutor(kind, 1) as executor:
        RuleSet([work.prints]).apply({"text": ["this"]}, executor=executor)
        said = capfd.readouterr()
        assert said.out == ""
        assert "looking at this" in said.err


def test_small_work_is_done_here_and_the_rest_in_processes(work, monkeypatch):
    def refuse(*_):
        raise AssertionError("a process was started")

    table, rules = comments(), RuleSet([work.shout, work.length], CLASSES)
    with monkeypatch.context() as patch:
        patch.setattr("labelwright.core._processes.Worker.__init__", refuse)
        patch.setattr("labelwright.sources._applying.HEAD_START", 1e9)
        found = rules.apply(table)
    monkeypatch.setattr("labelwright.sources._applying.HEAD_START", 1e-9)
    assert same(rules.apply(table).votes, found.votes)


def test_in_another_thread_where_nothing_can_be_stopped_work_goes_to_processes(work):
    with ThreadPoolExecutor(1) as pool:
        table, rules = {"text": ["x 300", "y"]}, RuleSet([work.length, work.loops])
        found = pool.submit(rules.apply, table, time_limit=0.2).result()
    assert [(error.rule, error.row) for error in found.errors] == [("loops", 0)]


def test_rules_that_no_process_can_find_run_here_with_a_warning(work, monkeypatch):
    monkeypatch.setattr("labelwright.sources._applying.HEAD_START", 0)

    def inner(text):
        return "ham"

    with pytest.warns(
        LabelwrightWarning, match=r"'inner' cannot be sent .*inside another function"
    ):
        found = RuleSet([work.shout, inner]).apply({"text": ["x"]})
    assert len(found.votes) == 1
    inner.__module__ = "__main__"
    with pytest.warns(LabelwrightWarning, match="in the program that is running"):
        RuleSet([inner]).apply({"text": ["x"]})
    packed = rule(work.shout, name="packed", resources={})
    with Path(__file__).open() as stream:
        locked = rule(work.listed, name="locked", resources={"words": stream})
        with pytest.warns(LabelwrightWarning, match="'locked' cannot be sent .*cannot pickle"):
            RuleSet([packed, locked], CLASSES).apply({"text": ["x"]})


def test_a_record_without_a_value_is_not_put_to_the_rule(work):
    @rule(label="ham")
    def cheap(price, text):
        return price < 3

    table = {"price": [1.0, np.nan, 2.0], "text": ["a", "b", None], "likes": [None, 9, 9]}
    found = RuleSet([cheap, work.whole]).apply(table, executor=HERE)
    assert found.errors == ()
    assert found.votes.item.tolist() == [0, 1, 2]
    assert found.votes.annotator.tolist() == [0, 1, 1]


def test_any_table_comes_in_and_the_same_kind_goes_out(constructor, frame_kind):
    rules = RuleSet([KeywordRule(["win"], "spam", field="body")], CLASSES)
    table = constructor({"Input.text": ["win", "no"]})
    found = rules.apply(table, columns={"body": "Input.text"}, executor=HERE)
    assert len(found.votes) == 1
    for out in (found.votes.to_table(), found.to_table()):
        assert type(out).__module__.startswith(frame_kind)


def test_a_list_of_records_and_an_empty_table():
    rules = RuleSet([RegexRule("win", "spam")], CLASSES)
    assert len(rules.apply([{"text": "win"}, {"text": "no"}], executor=HERE).votes) == 1
    assert rules.apply({"text": []}, executor=HERE).votes.n_items == 0


def test_columns_ids_and_arguments_that_do_not_fit_are_named():
    rules = RuleSet([RegexRule("win", "spam", name="r")], CLASSES)
    table = {"txet": ["a", "b", "c"], "id": [1, 2, 1], "gap": ["x", None, "y"]}
    with pytest.raises(
        DataError, match=r"'r' reads a column 'text'.*Did you mean 'txet'\?.*--text"
    ):
        rules.apply(table)
    named = {"columns": {"text": "txet"}}
    with pytest.raises(ParameterError, match=r"No rule reads 'body'.*The rules read: 'text'"):
        rules.apply(table, columns={"text": "txet", "body": "txet"})
    with pytest.raises(DataError, match=r"Item 1 stands in records 0 and 2"):
        rules.apply(table, id="id", **named)
    with pytest.raises(DataError, match="Record 1 has no id"):
        rules.apply(table, id="gap", **named)
    with pytest.raises(DataError, match=r"There is no column 'ids'\. Did you mean 'id'"):
        rules.apply(table, id="ids", **named)
    with pytest.raises(ParameterError, match=r"time_limit=0 is not accepted"):
        rules.apply(table, time_limit=0, **named)
    with pytest.raises(ParameterError, match=r"max_errors=-1"):
        rules.apply(table, max_errors=-1, **named)


def test_names_and_labels_of_a_set_are_checked():
    one = KeywordRule(["a"], "spam", name="one")
    with pytest.raises(ParameterError, match="There are no rules"):
        RuleSet([])
    with pytest.raises(ParameterError, match="Two rules are called 'one'"):
        RuleSet([one, KeywordRule(["b"], "ham", name="one")])
    with pytest.raises(SpaceError, match=r"Rule 'one': 'spam' is no class.*Did you mean 'spem'"):
        RuleSet([one], classes=["spem", "ham"])
    with pytest.raises(ParameterError, match="3 is no function"):
        RuleSet([3])
    both = RuleSet({"first": lambda text: "a", "ignored": one})
    assert both.names == ("first", "one")
    assert [r.name for r in both] == ["first", "one"]
    assert repr(both) == "RuleSet(2 rules: first, one)"
