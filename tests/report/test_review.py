"""The page on which people review: whole, offline, escaped, small. What it does is in services."""

from __future__ import annotations

import json
import re

import pytest

from labelwright.report import review_page
from tests.report.reading import Page

EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)>&amp;\u2028\x00\ud800 \"'"


def review(records=3, text="some text", **changes):
    one = {
        "id": "7",
        "fields": [["text", text]],
        "label": "ham",
        "suggested": "spam",
        "quality": 0.25,
        "kind": "votes against",
        "why": "4 of 5 votes say 'spam'",
    }
    whole = {
        "review": "3b" * 8,
        "title": "mails",
        "id_name": "id",
        "classes": [{"name": "ham", "definition": "Wanted."}, {"name": "spam", "definition": ""}],
        "unsure": "unsure",
        "records": [one | {"id": str(number)} for number in range(records)],
    }
    return whole | changes


def data_of(page):
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    return json.loads(found[1])


def test_the_page_holds_the_review_and_asks_the_network_for_nothing():
    page = review_page(review())
    read = Page(page)
    assert not read.errors
    assert data_of(page) == review()
    policy = next(m["content"] for m in read.all("meta") if "http-equiv" in m)
    assert policy.startswith("default-src 'none'")
    assert [s for s in read.all("script") if s.get("type") is None] == [{}]
    for tag in ("link", "img", "iframe", "form"):
        assert not read.all(tag)
    assert not re.findall(r"https?:|//\w+\.\w|@import|url\(", page)
    assert not re.findall(r"fetch\(|XMLHttp|sendBeacon|WebSocket|innerHTML|eval\(", page)


def test_whatever_the_data_hold_is_text():
    evil = {"name": EVIL, "definition": EVIL}
    page = review_page(review(text=EVIL, title=EVIL, id_name=EVIL, classes=[evil], unsure=EVIL))
    read = Page(page)
    assert not read.errors
    assert len(read.all("script")) == 2
    assert not read.all("img")
    text = data_of(page)["records"][0]["fields"][0][1]
    assert text == EVIL.replace("\ud800", "?")


@pytest.mark.parametrize("letter", ["x", "\N{CJK UNIFIED IDEOGRAPH-6587}", "<"])
def test_two_hundred_long_records_stay_under_a_megabyte(letter):
    page = review_page(review(records=200, text=letter * 50_000))
    assert len(page.encode()) < 1_000_000
    text = data_of(page)["records"][199]["fields"][0][1]
    assert text.endswith("… (50,000 characters)")
    assert len(text) > 400


def test_short_texts_are_whole():
    text = "word " * 300
    assert data_of(review_page(review(records=200, text=text)))["records"][0]["fields"] == [
        ["text", text]
    ]
