"""Project files and codebooks to begin with."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import pytest

from labelwright.core.codebook import Codebook
from labelwright.core.errors import DataError, DataWarning, RunError
from labelwright.io import write_table
from labelwright.pipeline import Settings, run
from labelwright.pipeline.init import init

TEXT = [f"this is the text of record number {n}" for n in range(24)]
WIDE = {
    "id": [f"r{n}" for n in range(24)],
    "body": TEXT,
    "ann": ["spam", "ham"] * 12,
    "bo": ["spam", "ham", None, "ham"] * 6,
}


def init_in(folder: Path, table: dict[str, list[object]], name: str = "data.csv") -> Settings:
    """The settings that come back from what is written for a table."""
    path = write_table(table, folder / "raw" / name)
    init(path, project=folder / "project.toml", codebook=folder / "codebook.toml")
    return Settings.read(folder / "project.toml")


def test_the_project_runs_as_it_is(tmp_path):
    settings = init_in(tmp_path, WIDE)
    assert settings.stated() == {
        "file": str(tmp_path / "raw" / "data.csv"),
        "codebook": str(tmp_path / "codebook.toml"),
        "id": "id",
        "votes": ("ann", "bo"),
        "text": "body",
    }
    assert Codebook.read(tmp_path / "codebook.toml").space(None).names == ("ham", "spam")
    result = run(tmp_path / "project.toml", out=tmp_path / "run")
    assert result.labels["lw_label"].to_list() == ["spam", "ham"] * 12


def test_each_line_is_explained_and_paths_are_relative(tmp_path):
    init_in(tmp_path, WIDE)
    text = (tmp_path / "project.toml").read_text()
    assert '# The file of records (and usually votes).\nfile = "raw/data.csv"\n' in text
    assert "# Columns of votes, a person or slot each.\nvotes = " in text
    assert "# gold = ...  Column of labels taken as true." in text
    assert "labelwright run" in text.splitlines()[0]


def test_one_row_a_vote(tmp_path):
    table = {
        "task": [f"t{n // 3}" for n in range(60)],
        "worker": ["ann", "bo", "cy"] * 20,
        "label": ["x", "x", "y"] * 20,
    }
    stated = init_in(tmp_path, table).stated()
    assert (stated["id"], stated["annotator"], stated["label"]) == ("task", "worker", "label")


def test_spelling_variants_are_proposed_and_never_merged(tmp_path):
    labels = ["Billing", "billing ", "Refund"] * 8
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        init_in(tmp_path, {"text": TEXT, "label": labels})
    space = Codebook.read(tmp_path / "codebook.toml").space(None)
    assert set(space.names) == {"Billing", "billing ", "Refund"}


def test_what_is_not_clear_is_left_as_a_choice_and_said(tmp_path):
    table = {"a": [f"u{n}" for n in range(24)], "b": [n / 7 for n in range(24)]}
    with pytest.warns(DataWarning, match=r"not clear which columns hold labels.*project\.toml"):
        settings = init_in(tmp_path, table)
    assert set(settings.stated()) == {"file"}
    text = (tmp_path / "project.toml").read_text()
    assert '# label = "LABEL"' in text
    assert not (tmp_path / "codebook.toml").exists()


def test_several_columns_of_text(tmp_path):
    with pytest.warns(DataWarning, match="several columns of text; body is the longest"):
        settings = init_in(tmp_path, {**WIDE, "title": [f"a short title {n}" for n in range(24)]})
    assert settings.text == "body"
    assert '# text = "title"' in (tmp_path / "project.toml").read_text()


def test_columns_that_may_be_slots(tmp_path):
    votes = {f"label_{n}": ["x", "y"] * 12 for n in (1, 2, 3)}
    with pytest.warns(DataWarning, match="may be slots"):
        init_in(tmp_path, votes)
    assert "# slots = true" in (tmp_path / "project.toml").read_text()


def test_column_names_of_any_kind_come_back(tmp_path):
    names = ['lab"el é', "lab\\el é"]
    settings = init_in(tmp_path, {"x": TEXT, names[0]: WIDE["ann"], names[1]: WIDE["ann"]})
    assert settings.votes == tuple(names)


def test_the_export_of_a_tool(tmp_path):
    def task(number: int, names: tuple[str, ...]) -> dict[str, object]:
        results = [
            {
                "from_name": name,
                "to_name": "text",
                "type": "choices",
                "value": {"choices": ["yes" if number % 2 else "no"]},
            }
            for name in names
        ]
        annotation = {"id": number, "completed_by": 1, "result": results}
        return {"id": number, "data": {"text": f"t{number}"}, "annotations": [annotation]}

    path = tmp_path / "export.json"
    paths = {"project": tmp_path / "project.toml", "codebook": tmp_path / "codebook.toml"}
    path.write_text(json.dumps([task(n, ("topic",)) for n in range(6)]))
    init(path, **paths)
    assert set(Settings.read(paths["project"]).stated()) == {"file", "codebook"}
    path.write_text(json.dumps([task(n, ("topic", "tone")) for n in range(6)]))
    with pytest.warns(DataWarning, match="several questions: which ones"):
        init(path, **paths, overwrite=True)
    for asked in ("all", "topic", "tone"):
        assert f'# question = "{asked}"' in paths["project"].read_text()


def test_nothing_is_overwritten_unasked(tmp_path):
    settings = init_in(tmp_path, WIDE)
    (tmp_path / "project.toml").write_text("mine")
    with pytest.raises(RunError, match=r"project\.toml exists.*--overwrite"):
        init_in(tmp_path, WIDE)
    assert (tmp_path / "project.toml").read_text() == "mine"
    names = {"project": tmp_path / "project.toml", "codebook": tmp_path / "codebook.toml"}
    init(tmp_path / "raw" / "data.csv", **names, overwrite=True)
    assert Settings.read(tmp_path / "project.toml") == settings


@pytest.mark.parametrize("content", ["", "id,text,label\n"])
def test_files_without_rows(tmp_path, content):
    path = tmp_path / "a.csv"
    path.write_text(content)
    with pytest.raises(DataError):
        init(path, project=tmp_path / "p.toml", codebook=tmp_path / "c.toml")
    assert not (tmp_path / "p.toml").exists()
