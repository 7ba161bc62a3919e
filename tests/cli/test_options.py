"""The options of ``run`` are the fields of its settings."""

from __future__ import annotations

import pytest

from labelwright.cli import run as run_module
from labelwright.cli._main import _app
from labelwright.pipeline import Settings

FIELDS = [name for name in Settings.model_fields if name != "file"]


def parsed(*words: str) -> dict[str, object]:
    """The settings that ``labelwright run`` understands."""
    _, bound, _ = _app(["run"]).parse_args(["run", "a.csv", *words], exit_on_error=False)
    return bound.kwargs.get("settings") or {}


@pytest.mark.parametrize("field", FIELDS)
def test_every_field_is_an_option_with_its_description(cli, field):
    option = {"reader": "--format"}.get(field, f"--{field.replace('_', '-')}")
    said = " ".join(cli("run", "--help").out.split())
    assert f" {option}" in said
    assert " ".join((Settings.model_fields[field].description or "").split()) in said


def test_titles_in_the_help_hold_fields_that_exist():
    titled = [name for names in run_module.GROUPS.values() for name in names]
    assert len(titled) == len(set(titled))
    assert set(titled) <= set(FIELDS)


def test_several_columns_by_repeating_by_commas_and_by_patterns():
    assert parsed("--votes", "a, b", "--votes", "w_*")["votes"] == ("a", "b", "w_*")


def test_only_what_was_given_is_passed_on():
    assert parsed() == {}
    assert parsed("--seed", "0", "--slots", "--split", ";") == {
        "seed": 0,
        "slots": True,
        "split": ";",
    }


def test_values_that_begin_like_a_file_of_json_are_taken_as_they_are():
    assert parsed("--votes", "[x]")["votes"] == ("[x]",)
