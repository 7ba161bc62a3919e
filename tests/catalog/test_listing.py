import importlib
from pathlib import Path

import pytest

from labelwright import catalog
from labelwright.catalog.listing import _system
from labelwright.core.errors import DataError, ParameterError
from labelwright.core.files import read_json

ROOT = Path(__file__).parents[2]
ALL = catalog.systems()
DONE = [entry for entry in ALL if entry.status != "planned"]


def public_object(path):
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


def test_every_number_stands_exactly_once():
    assert sorted(e.number for e in ALL if e.number is not None) == list(range(1, 227))


def test_slugs_are_unique_and_every_entry_has_an_object_of_ours():
    slugs = [entry.slug for entry in ALL]
    assert len(set(slugs)) == len(slugs)
    for entry in ALL:
        assert entry.objects
        assert all(path.startswith("labelwright.") for path in entry.objects)
        assert entry.title
        assert entry.kind


@pytest.mark.parametrize("entry", DONE, ids=lambda entry: entry.slug)
def test_what_is_done_has_its_object_paper_test_and_evidence(entry):
    objects = [public_object(path) for path in entry.objects]
    if entry.year is not None:
        assert str(entry.year) in objects[0].__doc__
    for made in objects:
        parts = made.__module__.split(".")[1:]
        assert (ROOT / "tests" / Path(*parts[:-1]) / f"test_{parts[-1]}.py").exists()
    assert (ROOT / entry.evidence).exists()
    result = read_json(ROOT / entry.result)
    assert result["claims"]
    assert not result["quick"]


def test_every_aggregator_has_an_entry():
    from labelwright import aggregation
    from labelwright.core.params import Params

    known = {path for entry in ALL for path in entry.objects}
    public = [getattr(aggregation, name) for name in aggregation.__all__]
    aggregators = [p for p in public if isinstance(p, type) and issubclass(p, Params)]
    assert {f"labelwright.aggregation.{a.__name__}" for a in aggregators} <= known


def test_filters_and_search():
    assert {entry.room for entry in catalog.systems("audit")} == {"audit"}
    done = catalog.systems(status="works")
    assert all(entry.status == "works" for entry in done)
    assert [entry.slug for entry in catalog.find("Label Words Are Anchors")] == [
        "label-word-anchors"
    ]
    assert catalog.find("no such method") == ()


def test_wrong_names_are_answered_with_the_near_one():
    with pytest.raises(ParameterError, match="Did you mean 'aggregation'"):
        catalog.systems("agregation")
    with pytest.raises(ParameterError, match="Did you mean 'works'"):
        catalog.systems(status="work")


def test_the_result_is_named_after_the_evidence():
    (entry,) = (e for e in ALL if e.slug == "dawid-skene")
    assert entry.result == "evidence/results/dawid-skene.json"
    assert next(e for e in ALL if e.number == 1).result == ""


@pytest.mark.parametrize(
    "change", [{"status": "done"}, {"maturity": "old"}, {"titel": "x"}, {"status": None}]
)
def test_a_wrong_entry_is_named(change):
    table = {"slug": "a", "title": "A", "kind": "method", "objects": [], "status": "planned"}
    table = {key: value for key, value in (table | change).items() if value is not None}
    with pytest.raises(DataError, match=r"catalog/room\.toml: .*a"):
        _system("room", table)
