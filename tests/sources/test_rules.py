from __future__ import annotations

import functools

import pytest

from labelwright.core.errors import ParameterError
from labelwright.sources import Rule, RuleSet, rule


def test_the_parameters_of_a_function_are_the_columns_it_reads():
    @rule
    def both(text, price, *, currency, limit=10):
        """Cheap and short."""
        return "yes" if price < limit and len(text) < 9 and currency == "EUR" else None

    assert isinstance(both, Rule)
    assert both.fields == ("text", "price", "currency")
    assert both.vote("short", 3, "EUR") == "yes"
    assert both.vote("short", 30, "EUR") is None
    assert both.labels == ()
    assert (both.name, both.__doc__) == ("both", "Cheap and short.")
    assert repr(both) == "FunctionRule('both')"


def test_a_rule_is_still_its_function():
    @rule(label="spam", resources={"words": {"win"}})
    def has_word(text, words):
        return words.intersection(text.split())

    assert has_word("a win", {"a"}) == {"a"}
    assert has_word.vote("a win") == "spam"
    assert has_word.vote("a song") is None
    assert (has_word.fields, has_word.labels) == (("text",), ("spam",))


def test_a_call_makes_a_rule_too_and_a_name_can_be_given():
    made = rule(lambda text: text or None, name="echo")
    assert (made.name, made.vote("ham")) == ("echo", "ham")


def test_a_rule_of_ones_own_kind_is_a_class_with_a_name_and_fields():
    class Longer(Rule):
        name, fields = "longer", ("text",)

        def vote(self, text):
            return "spam" if len(text) > 3 else None

    rules = RuleSet([Longer()], classes=["ham", "spam"])
    found = rules.apply({"text": ["a", "long"]})
    assert found.votes.item.tolist() == [1]
    (error,) = rules.apply({"text": [3]}).errors
    assert error.place.startswith("test_rules.py, line ")


def test_a_function_with_a_stated_label_must_not_return_another():
    made = rule(lambda text: "ham", name="mixed", label="spam")
    with pytest.raises(ParameterError, match=r"states label='spam'.* said 'ham'.*Leave out label="):
        made.vote("text")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: rule(3), "3 is no function"),
        (lambda: rule(lambda text: None), r"A rule needs a name.*name=\"links\""),
        (lambda: rule(functools.partial(max, 3)), "A rule needs a name"),
        (lambda: rule(lambda: None, name="r"), r"'r' reads nothing .*def r\(record\)"),
        (lambda: rule(lambda *texts: None, name="r"), "'r' takes any number of arguments"),
        (lambda: rule(len, name="r"), "some only by their place"),
        (lambda: rule(dict, name="r"), "parameters of .* are not known"),
        (
            lambda: rule(lambda text: None, name="r", resources={"txt": 1}),
            "no parameter 'txt' for that resource. Its parameters are: text",
        ),
        (lambda: rule(lambda text: None, name=3), "name=3 is not accepted"),
        (lambda: rule(lambda text: None, name="r", resources=[1]), r"resources=\[1\]"),
    ],
)
def test_what_cannot_be_a_rule_is_refused(make, message):
    with pytest.raises(ParameterError, match=message):
        make()
