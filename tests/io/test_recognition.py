import json
from types import SimpleNamespace

import pytest

from labelwright.core.errors import DataError, LabelwrightWarning
from labelwright.io import read_votes, recognise
from labelwright.io.formats import Overview, Reader, readers


def task(number, **results):
    result = [{"from_name": q, "value": {"choices": [v]}} for q, v in results.items()]
    annotation = {"completed_by": 1, "result": result}
    return {"id": number, "data": {"text": "…"}, "annotations": [annotation]}


class EverythingReader(Reader):
    """A plug-in that takes every json for its own."""

    name = "everything"
    title = "Everything"

    def recognises(self, sample):
        return sample.kind == "json"

    def overview(self, path):
        return Overview(7, "things", ("why",))

    def read(self, path, *, question=None, space=None, repeats=None):
        return f"read {question}"


@pytest.fixture
def plugins(monkeypatch):
    """Install plug-ins for the length of a test."""

    def install(*loads):
        points = [SimpleNamespace(name=f"plug-in {n}", load=load) for n, load in enumerate(loads)]
        monkeypatch.setattr(
            "labelwright.io.formats._registry.entry_points", lambda group: points, raising=True
        )
        readers.cache_clear()

    yield install
    readers.cache_clear()


@pytest.fixture
def export(tmp_path):
    path = tmp_path / "whatever.txt"
    path.write_text(json.dumps([task(1, topic="a", tone="b"), task(2, topic="b")]))
    return path


def test_the_sentence_says_tool_size_and_questions(export):
    found = recognise(export)
    assert str(found) == "Label Studio export (JSON): 2 tasks, questions topic, tone."
    assert (found.formats, found.questions, found.records) == (
        ("label-studio",),
        ("topic", "tone"),
        2,
    )


def test_a_plain_table_is_called_so(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("item;worker;label\n")
    found = recognise(path)
    assert str(found) == "Table (csv): columns item, worker, label."
    assert (found.formats, found.columns) == ((), ("item", "worker", "label"))


def test_a_round_number_of_records_is_remarked(tmp_path):
    path = tmp_path / "t.json"
    path.write_text(json.dumps([task(n, topic="a") for n in range(1000)]))
    assert str(recognise(path)).endswith("Exactly 1,000: a limit of the exporter?")


def test_two_formats_that_fit_are_both_named_and_none_is_chosen(export, plugins):
    plugins(lambda: EverythingReader)
    assert [reader.name for reader in readers()][-1] == "everything"
    assert recognise(export).formats == ("label-studio", "everything")
    assert "'everything'" in str(recognise(export))
    with pytest.raises(DataError, match=r"fits 2 formats: .*'label-studio'.*'everything'"):
        read_votes(export)
    assert read_votes(export, format="everything", question="why") == "read why"


def test_other_plugins_are_passed_over_and_broken_ones_warned_of(export, plugins):
    def broken():
        raise ImportError("no module named 'missing'")

    plugins(lambda: SimpleNamespace, broken)
    with pytest.warns(LabelwrightWarning, match=r"'plug-in 1' cannot be loaded: .*missing"):
        assert recognise(export).formats == ("label-studio",)


def test_a_record_longer_than_the_head_is_recognised(tmp_path):
    path = tmp_path / "t.json"
    long = task(1, topic="a")
    long["data"]["text"] = "x" * 2_000_000
    path.write_text(json.dumps([long]))
    assert recognise(path).formats == ("label-studio",)


def test_a_cut_off_export_says_where(export):
    export.write_text(export.read_text()[:-40])
    with pytest.raises(DataError, match="breaks off in record 2, at byte"):
        read_votes(export, question="topic")
