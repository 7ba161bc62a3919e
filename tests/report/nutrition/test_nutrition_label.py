from __future__ import annotations

import json
import re

import numpy as np
import polars as pl
import pytest

from labelwright.core.errors import CapabilityError, DataError, ParameterError
from labelwright.report.nutrition import Labels, NutritionLabel, NutritionModule, Statistics
from tests.report.reading import Page

HOSTILE = "<script>alert('x')</script> & \"quotes\" \x1b[2J"


def things(n: int = 300, seed: int = 0) -> pl.DataFrame:
    """A table with a column of every kind, gaps, a label and a copy of it."""
    rng = np.random.default_rng(seed)
    label = rng.choice(["cat", "dog"], n)
    size = np.where(label == "cat", 4.0, 9.0) + rng.normal(size=n) * 2
    size[rng.random(n) < 0.1] = np.nan
    return pl.DataFrame(
        {
            "id": np.arange(n),
            "label": label,
            "copy": np.where(label == "cat", "c", "d"),
            "size": size,
            "legs": rng.integers(2, 6, n),
            "colour": rng.choice(["red", "blue", "green", None], n).tolist(),
            "seen": pl.Series(rng.integers(0, 9, n)).cast(pl.Date),
            "note": [f"a long note about number {k} in words" for k in rng.permutation(n)],
            "tags": [["a", "b"][: k % 3] for k in range(n)],
            "kept": rng.random(n) < 0.5,
        }
    )


@pytest.fixture(scope="module")
def label() -> NutritionLabel:
    about = {"title": HOSTILE, "licence": "CC0", "columns": {"size": HOSTILE}}
    return NutritionLabel.of(things(), label="label", about=about)


def test_rendering_needs_no_data(label, tmp_path):
    path = label.write(tmp_path / "label.json")
    published = NutritionLabel.read(path)
    assert published.to_html() == label.to_html()
    assert published.to_markdown() == label.to_markdown()
    assert published.to_dict() == label.to_dict()


def test_permuting_rows_changes_only_the_checksum():
    table = things()
    order = np.random.default_rng(1).permutation(table.height)
    one, other = (NutritionLabel.of(t, label="label").to_dict() for t in (table, table[order]))
    sums = [d["modules"]["metadata"].pop("checksum") for d in (one, other)]
    assert sums[0] != sums[1]
    assert one == other


def test_a_column_that_copies_the_label_is_flagged_and_not_learnt_from(label):
    (leak,) = [one for one in label.modules["labels"]["leaks"] if one["gives_label_away"]]
    assert leak["column"] == "copy"
    assert leak["accuracy"] == 1.0
    assert "copy gives the label away" in Page(label.to_html()).words
    # With the copy, models would be right throughout.
    assert label.modules["labels"]["noise"]["model_right"] < 0.99


def test_the_page_is_whole_small_and_asks_the_network_for_nothing(label):
    html = label.to_html()
    page = Page(html)
    assert not page.errors
    assert len(html.encode()) < 2_000_000
    assert not [a for _, a in page.elements if "src" in a or str(a.get("href", "#"))[:1] != "#"]
    assert "default-src 'none'" in html


def test_what_the_data_hold_cannot_run_or_steer(label):
    html, markdown = label.to_html(), label.to_markdown()
    assert "<script>alert" not in html + markdown
    assert "\x1b" not in html
    assert label.modules["provenance"]["source"] is None
    assert "not stated" in Page(html).words


def test_rare_values_and_rows_are_not_shown():
    table = things().with_columns(pl.Series("colour", ["secret", "secret"] + ["red"] * 298))
    found = NutritionLabel.of(table, label="label")
    shown = found.to_html() + json.dumps(found.to_dict()) + found.to_markdown()
    assert "secret" not in shown
    assert "a long note about" not in shown
    everything = NutritionLabel.of(table, modules=["statistics"], smallest=1)
    assert "secret" in json.dumps(everything.to_dict())


def test_examples_are_rows_and_the_page_says_so():
    table = things().with_columns(
        label=pl.when(pl.int_range(300) < 3).then(pl.lit("cat")).otherwise("label")
    )
    table = table.with_columns(size=pl.when(pl.int_range(300) < 3).then(12.5).otherwise("size"))
    found = NutritionLabel.of(table.drop("copy"), label="label", modules=[Labels(examples=1)])
    examples = found.modules["labels"]["likely_errors"]["examples"]
    assert [one["row"]["size"] for one in examples] == ["12.5"]
    assert "Contains records" in Page(found.to_html()).words


def test_a_wide_table_stays_under_two_megabytes():
    rng = np.random.default_rng(0)
    table = pl.DataFrame({f"column {k} " + "x" * 60: rng.normal(size=30) for k in range(1500)})
    found = NutritionLabel.of(table, modules=["metadata", "variables", "statistics"])
    assert len(found.to_html().encode()) < 2_000_000


def test_votes_alone_are_aggregated_and_nobody_is_named():
    rng = np.random.default_rng(2)
    truth = rng.choice(["yes", "no"], 80)
    votes = {f"w_{name}": truth.tolist() for name in ("ann", "bo")}
    votes["w_cy"] = np.where(rng.random(80) < 0.3, "yes", truth).tolist()
    found = NutritionLabel.of(votes, votes="w_*", modules=["labels"]).modules["labels"]
    assert found["annotators"]["annotators"] == 3
    assert found["agreement"]["value"] > 0.5
    counts = {one["name"]: one["rows"] for one in found["classes"]}
    assert counts == dict(
        zip(*(v.tolist() for v in np.unique(truth, return_counts=True)), strict=True)
    )
    assert "ann" not in json.dumps(found).replace("annotators", "").replace("an_annotator", "")


def test_no_noise_is_claimed_where_columns_hardly_tell_the_label():
    rng = np.random.default_rng(3)
    table = {"x": rng.normal(size=400), "label": rng.choice(["a", "b"], 400)}
    found = NutritionLabel.of(table, label="label", modules=["labels"]).modules["labels"]
    assert found["noise"] is None
    assert "hardly tell the label" in found["why_no_noise"]


def test_croissant_describes_the_file_and_its_columns(tmp_path):
    path = tmp_path / "things.parquet"
    things().write_parquet(path)
    about = {"licence": "CC0", "authors": ["Ann"], "columns": {"size": "in cm"}}
    found = NutritionLabel.of(path, about=about, modules=["metadata", "provenance", "variables"])
    written = json.loads(found.write(tmp_path / "things.croissant.json").read_text())
    assert written["conformsTo"] == "http://mlcommons.org/croissant/1.0"
    assert written["license"] == "CC0"
    (file,) = written["distribution"]
    assert re.fullmatch("[0-9a-f]{64}", file["sha256"])
    fields = {one["name"]: one for one in written["recordSet"][0]["field"]}
    types = {name: one["dataType"].removeprefix("sc:") for name, one in fields.items()}
    assert types | {"tags": "Text"} == {
        "id": "Integer", "label": "Text", "copy": "Text", "size": "Float", "legs": "Integer",
        "colour": "Text", "seen": "Date", "note": "Text", "tags": "Text", "kept": "Boolean",
    }  # fmt: skip
    assert fields["tags"]["repeated"] is True
    assert fields["size"]["description"] == "in cm"


def test_the_table_has_a_row_a_column(label):
    table = label.to_table()
    assert table["name"].to_list() == things().columns
    assert table.filter(pl.col("name") == "legs")["max"].item() == 5


def test_modules_of_ones_own_are_drawn_without_a_template():
    class Consent(NutritionModule):
        name, title = "consent", "Consent"

        def compute(self, data):
            return {"agreed": data.table.height, "by_age": [{"age": "old", "rows": 3}]}

    found = NutritionLabel.of({"a": [1, 2]}, modules=[Consent(), "metadata"])
    words = Page(found.to_html(drawn_by=[Consent()])).words
    assert "Consent" in words
    assert "old" in words
    assert "- agreed: 2" in found.to_markdown(drawn_by=[Consent()])
    with pytest.raises(ParameterError, match="There is no module 'consent'"):
        found.to_html()


@pytest.mark.parametrize(
    ("table", "options", "message"),
    [
        ({}, {}, "0 columns and 0 rows"),
        ({"a": [1]}, {"label": "b"}, "There is no column 'b'"),
        ({"a": [1]}, {"on": "a"}, "go together"),
        (
            {"a": [1]},
            {"ground_truth": {"a": [1, 1], "b": [2, 3]}, "on": "a"},
            "several rows with a",
        ),
        ({"a": [1]}, {"ground_truth": {"a": ["1"]}, "on": "a"}, "holds Int64 here and String"),
        ({"a": ["x"]}, {"about": {"columns": {"a": {"kind": "discrete"}}}}, "said to be discrete"),
    ],
)
def test_bad_tables_are_refused(table, options, message):
    with pytest.raises(DataError, match=message):
        NutritionLabel.of(table, **options)


def test_repeated_column_names_are_refused(tmp_path):
    path = tmp_path / "twice.csv"
    path.write_text("a,b,a\n1,2,3\n")
    with pytest.raises(DataError, match="'a'"):
        NutritionLabel.of(path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"modules": ["statistic"]}, "Did you mean 'statistics'"),
        ({"modules": ["metadata", "metadata"]}, "asked for twice"),
        ({"modules": [Statistics(n_bins=0)]}, r"Statistics\(n_bins=0\)"),
        ({"about": {"license": "MIT"}}, "Did you mean 'licence'"),
        ({"about": {"columns": {"a": {"kind": "ordnal"}}}}, "Did you mean 'ordinal'"),
        ({"about": {"columns": {"a": 3}}}, "What is said about column 'a' is 3"),
        ({"smallest": 0}, "smallest=0"),
    ],
)
def test_bad_parameters_are_refused(options, message):
    with pytest.raises(ParameterError, match=message):
        NutritionLabel.of({"a": [1, 2]}, **options)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ([0.5, 0.25, 0.1, 0.2], "holds fractions"),
        (["a", "a", "a", "a"], "1 different values"),
        (list("abcd"), "4 different values"),
        ([[1], [2], [1], [2]], "holds List"),
    ],
)
def test_a_label_that_is_no_class_is_left_out_with_the_reason(values, why):
    found = NutritionLabel.of({"y": values, "x": [1, 1, 2, 2]}, label="y")
    assert why in found.left_out["labels"]
    assert why in Page(found.to_html()).words


def test_whole_fractions_are_classes():
    # pandas makes fractions of whole numbers with gaps.
    found = NutritionLabel.of({"y": [1.0, 2.0, None, 1.0] * 5}, label="y", modules=["labels"])
    assert [one["name"] for one in found.modules["labels"]["classes"]] == ["1", "2"]
    assert found.modules["labels"]["not_labelled"] == 5


def test_what_is_no_label_or_no_form_is_refused(label, tmp_path):
    with pytest.raises(DataError, match="no nutrition label"):
        NutritionLabel.from_dict({"kind": "agreement"})
    with pytest.raises(DataError, match="reads up to 1"):
        NutritionLabel.from_dict(label.to_dict() | {"format": 2})
    with pytest.raises(DataError, match="lacks title, modules"):
        NutritionLabel.from_dict({"kind": "nutrition_label", "format": 1})
    with pytest.raises(ParameterError, match="not clear in which form"):
        label.write(tmp_path / "label.pdf")
    with pytest.raises(CapabilityError, match="table in memory"):
        label.to_croissant()
    with pytest.raises(CapabilityError, match="needs the modules metadata"):
        NutritionLabel.of({"a": [1]}, modules=["statistics"]).to_croissant()


def test_few_rows_give_neither_leaks_nor_noise_but_a_reason():
    table = {"y": ["a", "b"] * 3, "x": [f"{k} u" for k in range(6)]}
    found = NutritionLabel.of(table, label="y", modules=["labels"]).modules["labels"]
    assert found["leaks"] == []
    assert found["why_no_noise"] == "too few labels of a class"
    alone = NutritionLabel.of({"y": ["a", "b"] * 9}, label="y", modules=["labels"])
    assert alone.modules["labels"]["why_no_noise"] == "no other column to learn from"
