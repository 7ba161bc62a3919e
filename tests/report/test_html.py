from __future__ import annotations

import copy
import itertools
import json
import re
from typing import Any

import pytest

from labelwright.core.errors import DataError
from labelwright.report import _format, render
from labelwright.report._prepare import prepare
from labelwright.report.html import LARGEST

from . import sample
from .reading import NUMBER, Page

REPORTS = {
    name: getattr(sample, name)()
    for name in ("sample", "gold_free", "votes_only", "several", "hostile")
}
# Numbers of the page's own sentences: chance is 0, perfect 1, alpha's 0.67, few is 20, and so on.
OWN_NUMBERS = {"0", "1", "0.67", "20", "100", "10", "90", "95", "5"}


@pytest.fixture(scope="module")
def pages() -> dict[str, Page]:
    return {name: Page(render(report)) for name, report in REPORTS.items()}


def numbers_in(data: Any) -> set[str]:
    """Every way in which the page may write a number of the data."""
    if isinstance(data, dict):
        found = {n for inner in data.values() for n in numbers_in(inner)}
        return found | {n for inner in data for n in numbers_in(inner)} | _counts(data)
    if isinstance(data, list):
        return {n for inner in data for n in numbers_in(inner)}
    if isinstance(data, str):
        return set(NUMBER.findall(data))
    if isinstance(data, bool) or data is None:
        return set()
    shown = [f"{data:,}", f"{data:g}", f"{data:.2f}", f"{data:.4g}", f"{round(data):,}"]
    return {*shown, f"{100 * data:.0f}", f"{100 * data:.1f}"}


def _counts(row: dict[str, Any]) -> set[str]:
    """A share of few cases may be written as a count of them."""
    shares = ("agreement", "right", "value", "doubtful_share")
    cases = ("votes", "n", "n_gold", "labels")
    return {
        str(round(row[share] * row[n]))
        for share in shares
        for n in cases
        if isinstance(row.get(share), float) and row.get(n)
    }


@pytest.mark.parametrize("name", ["sample", "gold_free", "votes_only", "several"])
def test_every_number_in_sight_stands_in_the_json(name, pages):
    unknown = pages[name].numbers() - numbers_in(prepare(REPORTS[name])) - OWN_NUMBERS
    assert not unknown
    assert len(pages[name].numbers()) > 50


def test_a_changed_number_is_seen_on_the_page():
    report = copy.deepcopy(REPORTS["sample"])
    report["questions"][0]["labels"]["changed"] = 76_543
    assert "76,543 differ from the majority vote" in Page(render(report)).words


def test_the_first_screen_says_how_many_how_sure_and_what_next(pages):
    start = pages["sample"].words.partition("What came in")[0].replace("\xa0", " ")
    assert "Labels 1,928 from 2,816 votes of 10 rules" in start
    assert "Sure 82.7 % 1,594 labels with a confidence of 90 % or more" in start
    assert "Model right 91.7 % 88.6 % to 94.8 %, on 300 gold labels" in start
    assert "What to do next Look at the 43 likely label errors." in start


@pytest.mark.parametrize("name", REPORTS)
def test_the_page_is_well_formed(name, pages):
    assert pages[name].errors == []
    ids = [a["id"] for _, a in pages[name].elements if "id" in a]
    assert len(ids) == len(set(ids))
    links = [a["href"] for a in pages[name].all("a")]
    assert {href.removeprefix("#") for href in links} <= set(ids)


@pytest.mark.parametrize("name", REPORTS)
def test_nothing_asks_the_network(name, pages):
    page, html = pages[name], render(REPORTS[name])
    assert not {"link", "img", "iframe", "object", "base", "form"} & {t for t, _ in page.elements}
    names = {name for _, attributes in page.elements for name in attributes}
    assert not names & {"src", "action", "srcset", "xlink:href", "xmlns"}
    assert not [n for n in names if n.startswith("on")]
    assert not re.search(r"https?:|url\(|@import|fetch\(|XMLHttp", html)
    policy = next(a["content"] for a in page.all("meta") if a.get("http-equiv"))
    assert policy.startswith("default-src 'none';")


def test_the_policy_lets_in_our_script_and_no_other():
    import base64
    import hashlib

    html = render(REPORTS["sample"])
    (script,) = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src &#39;sha256-{digest}&#39;" in html or f"'sha256-{digest}'" in html
    assert len(script.splitlines()) < 80


def test_whatever_the_data_hold_is_escaped(pages):
    page, html = pages["hostile"], render(REPORTS["hostile"])
    assert html.count("<script") == 1
    assert "<img" not in html
    assert "<script>alert(1)</script>" in page.words
    assert "{{ 7 * 7 }}" in page.words
    assert "49" not in page.numbers()
    assert not re.search("[\x00-\x08\x0b-\x1f]", html)
    # Right-to-left text is kept apart from what stands around it.
    assert "<bdi>שלום عالم" in html


def test_long_cells_are_cut_with_their_length():
    report = copy.deepcopy(REPORTS["sample"])
    report["questions"][0]["likely_errors"]["rows"][0]["text"] = "ab" * 5_000_000
    html = render(report)
    assert "abab… (10,000,000 characters)" in html
    assert len(html) < 200_000


@pytest.mark.parametrize("questions", [1, 8])
def test_a_big_report_stays_under_a_megabyte(questions):
    html = render(sample.big(questions))
    assert len(html.encode()) < LARGEST
    assert "1,000,000" in html
    assert not Page(html).errors


@pytest.mark.parametrize("name", REPORTS)
def test_it_can_be_read_by_ear(name, pages):
    page = pages[name]
    assert page.all("html")[0]["lang"] == "en"
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    assert all(a.get("scope") in {"col", "row"} for a in page.all("th"))
    assert all(a.get("role") == "img" and a.get("aria-label") for a in page.all("svg"))
    assert all(a.get("tabindex") == "0" for _, a in page.elements if a.get("role") == "region")
    html = render(REPORTS[name])
    assert html.count("<table") == html.count("<thead") == html.count("<tbody")


def test_marks_of_charts_have_tooltips():
    page = render(REPORTS["sample"])
    assert "<title>90\xa0% to 95\xa0%: 242 labels</title>" in page
    assert "<title>very_short: 77.9\xa0% (73.6\xa0% to 81.7\xa0%), 402 votes</title>" in page


def test_without_gold_nothing_is_called_accuracy(pages):
    assert "accura" not in render(REPORTS["gold_free"]).lower()
    assert "accura" not in json.dumps(prepare(REPORTS["gold_free"])).lower()
    assert "Agreement with the aggregated labels" in pages["gold_free"].words
    assert "Accuracy on gold labels" in pages["sample"].words


def test_few_cases_are_given_in_counts():
    report = copy.deepcopy(REPORTS["sample"])
    (question,) = report["questions"]
    question["model"]["quality"] |= {"value": 17 / 19, "n_gold": 19}
    question["model"]["classes"][0] |= {"n": 8, "agreement": 7 / 8}
    words = Page(render(report)).words.replace("\xa0", " ")
    assert "Accuracy on gold labels, out of sample: 17 of 19 , on 19 gold labels" in words
    assert "ham 8 7 of 8" in words
    assert "89.5 %" not in words
    assert "in_capitals too few 17 of 19 19" in words


def test_a_run_without_a_model_says_why(pages):
    words = pages["votes_only"].words
    assert "No model. No column was named to learn from" in words
    assert "The votes carry no ids of people, so nobody can be judged." in words


def test_several_questions_have_a_table_of_contents(pages):
    page = pages["several"]
    links = {a["href"] for a in page.all("a")}
    assert {"#q1", "#q2", "#q3", "#q2-labels", "#q3-errors"} <= links


def test_several_questions_say_what_is_left_out_and_where_their_files_lie(pages):
    words = pages["several"].words
    assert "entities is left out. These votes are spans." in words
    report = copy.deepcopy(REPORTS["several"])
    report["questions"][1]["likely_errors"]["found"] = 999
    assert "The first 200 of 999; all are in q1/likely_errors.csv ." in Page(render(report)).words


def test_who_is_to_be_mistrusted_is_shown_over_the_questions():
    report = copy.deepcopy(REPORTS["several"])
    for row in report["questions"][1]["annotators"]:
        if row["annotator"] == "very_short":
            row |= {"verdict": "fine", "agreement": 0.875, "votes": 400}
    report["questions"][2]["annotators"] = []
    words = Page(render(report)).words.replace("\xa0", " ")
    overview = words.partition("Annotators to mistrust in a question")[2]
    start = "Annotator spam Sentiment towards the artist لغة Says Please says_please mistrust"
    assert overview.startswith(f" {start} 61.2 % mistrust 61.2 % – Very Short very_short mistrust")
    assert "77.9 % fine 87.5 % –" in overview
    for question in report["questions"][1:]:
        question["annotators"] = []
    assert "Annotators to mistrust in a question" not in Page(render(report)).words


def test_a_name_stands_before_the_id_and_in_the_chart(pages):
    assert "Mentions Song mentions_song fine" in pages["several"].words
    assert "<title>Very Short: 77.9" in render(REPORTS["several"])
    named = copy.deepcopy(REPORTS["sample"])
    named["questions"][0]["annotators"][2]["name"] = "Ann (mentions_song)"
    assert "Ann (mentions_song) fine" in Page(render(named)).words


def test_results_by_the_values_of_a_column(pages):
    words = pages["several"].words.replace("\xa0", " ")
    assert "By year year Records Votes Agreement interval Labels in doubt" in words
    assert "2013 1,031 1,611 0.57 0.51 to 0.63 2.3 %" in words
    assert "(missing) 17 18 – 2 of 17" in words
    assert "2013 share of spam 53.1 % 47.9 % to 58.3 % 51.2 % 161" in words
    assert "(missing) : no share is given. 6 gold labels here; a share" in words
    assert "2014 : The gold is old." in words
    report = copy.deepcopy(REPORTS["several"])
    for question in report["questions"]:
        question["by"]["estimates"] = [
            {"by": row["value"], "what": "share of spam", "refused": "no gold"}
            for row in question["by"]["rows"]
        ]
    assert Page(render(report)).words.count("No share of one value is given. No gold.") == 3


def test_a_page_says_whether_it_contains_records():
    assert "Contains records." in render(REPORTS["sample"])
    public = render(REPORTS["sample"], share=True)
    assert "Made for sharing." in public
    assert "Contains records." not in public


def test_the_saved_data_draw_the_same_page():
    prepared = json.loads(json.dumps(prepare(REPORTS["sample"])))
    assert render(prepared) == render(REPORTS["sample"])


def test_the_data_are_not_changed():
    report = copy.deepcopy(REPORTS["hostile"])
    render(report)
    render(report, share=True)
    assert report == REPORTS["hostile"]


def test_missing_values_are_a_dash():
    assert _format.percent(None) == _format.number(None) == "–"


@pytest.mark.parametrize(("given", "match"), [(None, "no 'format'"), (2, "format 2")])
def test_another_format_is_refused(given, match):
    with pytest.raises(DataError, match=match):
        render(REPORTS["sample"] | {"format": given})
