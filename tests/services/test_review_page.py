"""The page of a review in a browser: keys, autosave, undo, and the file that ``apply`` reads."""

from __future__ import annotations

import json
import time

import pytest
from tests.pipeline._reviews import OPTIONS, votes
from tests.services._browser import Browser, program

from labelwright.pipeline import apply_decisions, review, run

pytestmark = pytest.mark.skipif(program() is None, reason="there is no Chromium")

EVIL = "</script><script>document.title='run'</script><img src=x onerror=document.title='run'>"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    table = votes().with_columns(text=EVIL + votes()["text"])
    result = run(table, out=folder / "r", **OPTIONS)
    return result, review(result, k=6)


@pytest.fixture
def page(made, tmp_path):
    browser = Browser(tmp_path / "profile")
    browser.call(
        "Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path / "down")
    )
    browser.open(made[1].path)
    yield browser
    browser.close()


def said(page, name):
    return page.run(f"document.getElementById('{name}').textContent")


def decisions(page):
    return page.run(
        "Object.fromEntries(Object.entries(state.decisions).map(([k, v]) => [k, v.decision]))"
    )


def test_the_keys_decide_move_skip_and_undo(page, made):
    first, second = made[1].records["lw_label"][0], made[1].records["lw_suggested"][1]
    assert said(page, "count") == "0 of 6 decided"
    page.press("k", "t", "0", "s")
    assert decisions(page) == {"0": first, "1": second, "2": "unsure"}
    assert said(page, "place") == "5 of 6, id"
    page.press("ArrowLeft", "2")
    assert decisions(page)["3"] == "spam"
    page.press("u")
    assert "3" not in decisions(page)
    assert said(page, "place") == "4 of 6, id"
    page.press("ArrowRight", "ArrowRight", "ArrowRight")
    assert said(page, "place") == "1 of 6, id"
    page.press("1", "9")
    assert decisions(page)["0"] == "ham"
    assert said(page, "count") == "3 of 6 decided"
    page.press("u", "u", "u", "u", "u", "u")
    assert decisions(page) == {}


def test_decisions_outlive_the_page_and_nothing_else_is_asked_for(page, made):
    page.press("1", "2")
    page.open(made[1].path)
    assert said(page, "count") == "2 of 6 decided"
    assert said(page, "saved") == "· kept in this browser, not downloaded yet"
    asked = [e["params"]["request"]["url"] for e in page.events
             if e.get("method") == "Network.requestWillBeSent"]  # fmt: skip
    assert asked == [made[1].path.as_uri()]
    assert not [e for e in page.events if e.get("method") in ("Runtime.exceptionThrown",)]
    assert not [e for e in page.events if e.get("method") == "Log.entryAdded"]


def test_what_the_data_hold_never_runs(page):
    assert page.run("document.title").startswith("Review of")
    assert page.run("document.querySelector('#fields p').textContent").startswith(EVIL)
    assert page.run("document.images.length") == 0


def test_the_file_that_it_gives_is_what_apply_reads(page, made, tmp_path):
    page.press("1", "2", "0")
    page.click("#download")
    assert said(page, "warning").startswith("First your name")
    assert page.run("document.activeElement.id") == "reviewer"
    page.press(*"Zoë")
    page.click("#comment")
    page.press(*"hard one")
    # The click takes the focus from the comment and must still arrive.
    page.click("#classes button")
    page.click("#download")
    assert said(page, "saved") == "· downloaded"
    path = tmp_path / "down" / "decisions_Zoë_4_of_6.json"
    for _ in range(100):
        if path.exists():
            break
        time.sleep(0.1)
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    content = json.loads(path.read_text())
    assert content["reviewer"] == "Zoë"
    assert content["decisions"][3]["comment"] == "hard one"
    done = apply_decisions(made[0], path)
    assert done.n_decisions == 4
    assert done.changes["label"].to_list()[:2] == ["ham", "spam"]
    assert done.changes["how"].to_list()[2] == "undecided"


def test_on_a_phone_the_answers_are_within_reach(page):
    for scheme, dark in (("light", False), ("dark", True)):
        page.call("Emulation.setDeviceMetricsOverride", width=360, height=640,
                  deviceScaleFactor=2, mobile=True)  # fmt: skip
        media = [{"name": "prefers-color-scheme", "value": scheme}]
        page.call("Emulation.setEmulatedMedia", features=media)
        assert page.run("document.documentElement.scrollWidth") == 360
        low = page.run("document.querySelector('#classes').getBoundingClientRect().bottom")
        assert low < 640
        shade = page.run("getComputedStyle(document.body).backgroundColor")
        assert (int(shade[4:].split(",")[0]) < 100) == dark
        small = page.run("[...document.querySelectorAll('button')].filter(b => !b.hidden && "
                         "b.getBoundingClientRect().height < 40).length")  # fmt: skip
        assert small == 0
