"""``labelwright card``: what it prints and writes."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def about(folder):
    path = folder / "about.toml"
    path.write_text('title = "Comments"\nlicence = "CC0"\n[columns]\ntext = "what was said"\n')
    return str(path)


def test_page_numbers_markdown_and_croissant_are_written(cli, folder, about):
    said = cli(
        "card", "votes.csv", "--votes", "ann,bo,cy", "--about", about, "--out", "c/card.html"
    )
    assert said.code == 0
    assert said.out.splitlines()[0] == "30 rows, 5 columns, 0 cells missing"
    assert sorted(path.name for path in (folder / "c").iterdir()) == [
        "card.croissant.json", "card.html", "card.json", "card.md",
    ]  # fmt: skip
    assert "Comments" in (folder / "c" / "card.html").read_text()
    found = json.loads((folder / "c" / "card.json").read_text())
    assert found["modules"]["labels"]["annotators"]["annotators"] == 3
    assert json.loads((folder / "c" / "card.croissant.json").read_text())["license"] == "CC0"


def test_a_leak_is_named_and_json_holds_the_label(cli, folder):
    rows = ["x,copy,label"] + [f"{k % 7},{k % 2},{'ab'[k % 2]}" for k in range(200)]
    (folder / "t.csv").write_text("\n".join(rows) + "\n")
    said = cli("card", "t.csv", "--label", "label")
    assert "- copy gives the label away: alone it predicts 100.0% of held-out labels" in said.out
    data = json.loads(cli("card", "t.csv", "--label", "label", "--json").out)
    assert data["kind"] == "nutrition_label"
    assert data["written"][0] == "runs/t-card.html"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--label", "lable"), "There is no column 'lable'"),
        (("--out", "card.pdf"), "Let the name end in .html"),
        (("--about", "votes.csv"), "is not valid TOML"),
        (("--smallest", "0"), "smallest=0"),
    ],
)
def test_bad_input_exits_with_two(cli, words, message):
    said = cli("card", "votes.csv", *words)
    assert said.code == 2
    assert message in said.err
