from __future__ import annotations

import re

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelwright.core.errors import DataError, ParameterError
from labelwright.sources import KeywordRule, LookupRule, RegexRule

texts = st.text(alphabet="aAbB é_1<3.,  \n", max_size=30)
words = st.lists(st.text(alphabet="aAbé_1", min_size=1, max_size=3), min_size=1, max_size=4)


@given(texts, words, st.booleans())
def test_a_keyword_rule_of_single_words_is_the_regular_expression_it_stands_for(
    text, words, ignore_case
):
    options = "|".join(map(re.escape, words))
    flags = re.IGNORECASE if ignore_case else 0
    expected = re.search(rf"(?<!\w)(?:{options})(?!\w)", text, flags)
    said = KeywordRule(words, "yes", ignore_case=ignore_case).vote(text)
    assert said == ("yes" if expected else None)


@pytest.mark.parametrize(
    ("word", "text", "whole", "inside"),
    [
        ("check out", "CHECK\n out this", True, False),
        ("check out", "check, then out", False, False),
        ("art", "a party", False, True),
        ("<3", "love <3!", True, True),
        ("c++", "I like C++.", True, True),
        ("Été", "un été chaud", True, True),
        ("don't", "I don't", True, True),
    ],
)
def test_phrases_signs_and_words_inside_words(word, text, whole, inside):
    assert KeywordRule([word], 1).vote(text) == (1 if whole else None)
    assert KeywordRule([word], 1, whole_words=False).vote(text) == (1 if inside else None)


def test_names_labels_and_fields_of_simple_rules():
    keyword = KeywordRule(["win", "prize"], label=True, field="body")
    assert (keyword.name, keyword.labels, keyword.fields) == ("keyword_win", (True,), ("body",))
    regex = RegexRule("a+b", label="x")
    assert (regex.name, regex.labels, regex.fields) == ("regex_a+b", ("x",), ("text",))
    lookup = LookupRule({"a": 1, "b": 2, "c": 1}, field="key")
    assert (lookup.name, lookup.labels, lookup.fields) == ("lookup_key", (1, 2), ("key",))
    assert keyword == KeywordRule(("win", "prize"), label=True, field="body")


def test_a_regular_expression_sees_case_unless_told_otherwise():
    assert RegexRule("win", 1).vote("WIN") is None
    assert RegexRule("win", 1, ignore_case=True).vote("WIN") == 1


def test_a_lookup_reads_any_table_and_file(tmp_path, constructor):
    columns = {"domain": ["mit.edu", "acme.com", "acme.com", "x.org"], "kind": ["u", "f", "f", ""]}
    frame = pl.DataFrame(columns).with_columns(kind=pl.col("kind").replace("", None))
    frame.write_csv(tmp_path / "kb.csv")
    made = constructor({name: values[:3] for name, values in columns.items()})
    for table in (made, frame, tmp_path / "kb.csv", str(tmp_path / "kb.csv")):
        rule = LookupRule.from_table(table, key="domain", label="kind", field="site")
        assert (rule.vote("acme.com"), rule.vote("x.org")) == ("f", None)
        assert rule.fields == ("site",)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: KeywordRule("win", "spam"), "words='win' is not accepted. words is a list"),
        (lambda: KeywordRule(["win", " "], "spam"), "none of them empty"),
        (lambda: KeywordRule([], "spam"), "without words never votes"),
        (lambda: KeywordRule(["a"], None), "label=None is not accepted"),
        (lambda: KeywordRule(["a"], 0.5), "label=0.5 is not accepted"),
        (lambda: KeywordRule(["a"], "x", field=3), "field=3 is not accepted"),
        (lambda: KeywordRule(["a"], "x", whole_words="yes"), "whole_words='yes'"),
        (lambda: RegexRule("a(", "x"), r"'a\(' is no regular expression: .*backslash"),
        (lambda: RegexRule(["a"], "x"), r"pattern=\['a'\] is not accepted"),
        (lambda: LookupRule({}, field="a"), "an empty table never votes"),
        (lambda: LookupRule(["a"], field="a"), r"table=\['a'\] is not accepted"),
        (lambda: LookupRule({"a": 1}, field=["a", 1]), "field=1 is not accepted"),
    ],
)
def test_bad_parameters_are_refused(make, message):
    with pytest.raises(ParameterError, match=message):
        make()


def test_a_key_with_two_labels_is_refused():
    table = {"domain": ["a", "b", "a"], "kind": [1, 1, 2]}
    with pytest.raises(DataError, match="says 1 and 2 about 'a'") as caught:
        LookupRule.from_table(table, key="domain", label="kind")
    assert caught.value.where == {"row": 2, "key": "a"}
