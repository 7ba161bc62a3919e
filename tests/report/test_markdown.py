from __future__ import annotations

import pytest

from labelwright.report import to_markdown

from . import sample


def test_it_says_what_the_first_screen_says():
    text = to_markdown(sample.sample()).replace("\xa0", " ")
    assert "**1,928 labels** from 2,816 votes of 10 rules" in text
    assert "82.7 % with a confidence of 90 % or more" in text
    assert "Share of spam: **52.3 %** (95 % interval 48.6 % to 56.0 %)" in text
    assert "Rules to mistrust: 2 of 10" in text
    assert "To do 1: Look at the 43 likely label errors." in text


@pytest.mark.parametrize("times", [1, 2, 3, 10])
def test_it_is_short(times):
    report = sample.several()
    report["questions"] *= times
    lines = to_markdown(report).splitlines()
    assert len(lines) <= 40
    if times > 2:
        assert lines[-1].startswith(f"And {3 * times - 7} more question")


def test_it_holds_no_record_text():
    text = to_markdown(sample.sample())
    assert not [record for record in sample.TEXTS if record in text]


def test_without_gold_nothing_is_called_accuracy():
    assert "accura" not in to_markdown(sample.gold_free()).lower()


def test_what_the_data_hold_is_escaped():
    text = to_markdown(sample.hostile())
    assert "<script>" not in text
    assert "\\<script\\>" in text
    assert "<img" not in text.replace("\\<", "")


def test_what_was_not_done_has_no_line():
    text = to_markdown(sample.votes_only())
    assert "No model: No column was named" in text
    assert "Likely" not in text.replace("likely label errors", "")
    report = sample.votes_only()
    report["questions"][0] |= {"labels": None, "model": None, "agreement": None, "next": []}
    assert "1,956 records with 2,816 votes of 10 slots" in to_markdown(report)
    report["questions"][0]["model"] = {"quality": {"refused": "Too few records."}}
    assert "Model: Too few records." in to_markdown(report)
