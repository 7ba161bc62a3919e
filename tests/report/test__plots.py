from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from labelwright.report import _plots
from labelwright.report._prepare import bin_rows, prepare

from . import sample


def charts(report):
    (one,) = prepare(report)["questions"]
    return {
        "confidence": _plots.confidence(one["labels"], 0.9),
        "annotators": _plots.annotators(one["annotators"], "rules"),
        "calibration": _plots.calibration(bin_rows(one), "accuracy"),
        "estimates": _plots.estimates(one["estimates"]),
    }


@pytest.mark.parametrize("report", [sample.sample(), sample.hostile()], ids=["plain", "hostile"])
def test_charts_are_sound_and_carry_no_colour_of_their_own(report):
    for name, svg in charts(report).items():
        ET.fromstring(svg)
        assert 'role="img"' in svg, name
        assert "var(--" in svg
        assert "#" not in svg.replace("&#", "")
        assert "http" not in svg
        assert len(svg) < 20_000


def test_marks_stand_for_the_data():
    svg = charts(sample.sample())
    assert svg["confidence"].count("<title>") == 10
    assert svg["annotators"].count("<title>") == 8
    assert svg["calibration"].count("<title>says") == 5
    assert svg["estimates"].count("<title>") == 3


def test_names_keep_what_looks_like_an_attribute():
    (one,) = sample.sample()["questions"]
    one["annotators"][0]["annotator"] = 'a role="b"'
    assert 'a role="b"' in _plots.annotators(one["annotators"], "rules")


def test_no_data_no_chart():
    assert _plots.confidence({"confidence": []}, None) is None
    assert _plots.annotators([], "people") is None
    assert _plots.calibration([], "agreement") is None
    assert _plots.estimates([{"what": "share of spam", "refused": "no gold"}]) is None
