from __future__ import annotations

import json

from labelwright.core.results import plain
from labelwright.report import render, write_report

from . import sample


def test_the_json_holds_the_data_and_the_page_draws_it(tmp_path):
    report = sample.sample()
    path = write_report(report, tmp_path / "run")
    kept = json.loads((tmp_path / "run" / "report.json").read_text())
    assert path.read_text() == render(report) == render(kept)
    (question,) = kept["questions"]
    assert question["labels"]["classes"] == plain(report["questions"][0]["labels"]["classes"])
    assert question["summary"] == {
        "labels": 1928,
        "sure": 1594,
        "sure_from": 0.9,
        "sure_share": 1594 / 1928,
        "whole": True,
    }


def test_only_whole_files_are_left(tmp_path):
    write_report(sample.hostile(), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "report.json"]


def test_texts_in_the_json_are_cut_with_their_length(tmp_path):
    write_report(sample.big(), tmp_path)
    kept = json.loads((tmp_path / "report.json").read_text())
    row = kept["questions"][0]["likely_errors"]["rows"][0]
    assert len(row["text"]) == 1000
    assert row["text_length"] == 9_600_000
