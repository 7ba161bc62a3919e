"""Names of annotators, in the private report only."""

import numpy as np
import polars as pl
import pytest

from labelwright.core.errors import DataError, DataWarning
from labelwright.pipeline import run
from labelwright.pipeline._names import read_names


def written(tmp_path, content):
    path = tmp_path / "users.csv"
    path.write_text(content)
    return str(path)


def crowd():
    """One person who says the contrary of the others."""
    truth = np.array(["a", "b"] * 30)
    wrong = truth[::-1]
    return pl.DataFrame(
        {"item": range(60), "w7": truth, "w8": truth, "w9": wrong, "text": "x"}
    ).unpivot(index=["item", "text"], variable_name="who", value_name="label")


OPTIONS = {"id": "item", "annotator": "who", "label": "label"}


def test_a_name_stands_in_the_report_and_nowhere_else(tmp_path):
    names = written(tmp_path, "id,name\nw9,Zoë Lang\nw7,\n")
    result = run(crowd(), names=names, out=tmp_path / "r", **OPTIONS)
    page = (tmp_path / "r" / "report.html").read_text()
    assert "Look at what Zoë Lang labelled" in page
    rows = {r["annotator"]: r for r in result.report_data["questions"][0]["annotators"]}
    assert rows["w9"]["name"] == "Zoë Lang"
    assert "name" not in rows["w7"]
    for name in ("annotators.csv", "labels.csv", "likely_errors.csv"):
        assert "Lang" not in (tmp_path / "r" / name).read_text()
    assert result.annotators["annotator"][0] == "w9"


def test_it_is_never_used_in_a_report_to_share(tmp_path):
    names = written(tmp_path, "id,name\nw9,Zoë Lang\n")
    run(crowd(), names=names, out=tmp_path / "r", share=True, **OPTIONS)
    files = [path for path in (tmp_path / "r").rglob("*") if path.is_file()]
    assert not [path for path in files if "Lang" in path.read_bytes().decode(errors="replace")]


def test_it_stands_in_the_project_file(tmp_path):
    names = written(tmp_path, "who,called\nw9,Zoë Lang\n")
    crowd().write_csv(tmp_path / "in.csv")
    run(tmp_path / "in.csv", names=names, out=tmp_path / "r", **OPTIONS)
    assert 'names = "../users.csv"' in (tmp_path / "r" / "run.toml").read_text()
    run(tmp_path / "r" / "run.toml", out=tmp_path / "again")
    assert "Zoë Lang" in (tmp_path / "again" / "report.html").read_text()


def test_ids_are_text_and_the_same_name_is_told_apart(tmp_path):
    names = written(tmp_path, "email,annotator,name\na,1,Ann\nb,2, Ann \nc,3,Bo\n,,\n")
    assert read_names(names) == {"1": "Ann (1)", "2": "Ann (2)", "3": "Bo"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("id,name\n7,Ann\n8,Bo\n7,Cy\n", r"'7' stands in rows 0 and 2 of .*: 'Ann' and 'Cy'"),
        ("a,b,c\n1,2,3\n", "columns a, b, c: which are ids and names"),
        ("id,annotator,name\n1,2,Ann\n", "which are ids and names"),
    ],
)
def test_files_that_cannot_be_read_as_names(tmp_path, content, message):
    with pytest.raises(DataError, match=message):
        read_names(written(tmp_path, content))


def test_ids_that_fit_nobody_are_said(tmp_path):
    names = written(tmp_path, "id,name\n9,Zoë\n")
    with pytest.warns(DataWarning, match=r"among the annotators: \['9'\] there, \['w9'"):
        run(crowd(), names=names, out=tmp_path / "r", **OPTIONS)
