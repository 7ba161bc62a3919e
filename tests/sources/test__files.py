"""Rules read from files, and written."""

from __future__ import annotations

import textwrap

import pytest

from labelwright.core.errors import CapabilityError, DataError, ParameterError, SpaceError
from labelwright.core.executor import LocalExecutor
from labelwright.sources import KeywordRule, LookupRule, RegexRule, RuleSet, rule

TOML = """
format = 1
classes = ["ham", "spam"]

[[rule]]
kind = "keyword"
name = "asks"
words = ["subscribe", "check out"]
label = "spam"

[[rule]]
kind = "regex"
pattern = 'https?:|www\\.'
label = "spam"
field = "body"
ignore_case = true

[[rule]]
kind = "lookup"
table = "sites.csv"
key = "domain"
label = "class"
field = "site"

[[rule]]
kind = "lookup"
name = "inline"
table = { "psy" = "ham" }
"""


@pytest.fixture
def write(tmp_path):
    (tmp_path / "sites.csv").write_text("domain,class\nmit.edu,ham\nbuy.biz,spam\n")

    def write_rules(content, name="rules.toml"):
        path = tmp_path / name
        path.write_text(textwrap.dedent(content), encoding="utf-8")
        return path

    return write_rules


def test_what_is_written_is_read_back(write, tmp_path):
    rules = RuleSet.read(write(TOML))
    assert rules.rules == (
        KeywordRule(["subscribe", "check out"], "spam", name="asks"),
        RegexRule(r"https?:|www\.", "spam", field="body", ignore_case=True),
        LookupRule({"mit.edu": "ham", "buy.biz": "spam"}, field="site", name="lookup_site"),
        LookupRule({"psy": "ham"}, field="text", name="inline"),
    )
    assert rules.classes.names == ("ham", "spam")
    again = RuleSet.read(rules.write(tmp_path / "again.toml"))
    assert again.rules == rules.rules
    assert again.classes == rules.classes
    assert RuleSet.read(tmp_path / "again.toml", classes=["spam", "ham"]).classes.names == (
        "spam",
        "ham",
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("format = 1", "", "format"),
        ("format = 1", "format = 1\nclases = []", "There is no key 'clases'. Did you mean 'class"),
        ("words =", "word =", r"rules.toml, rule 1 \(asks\): There is no key 'word'.*'words'"),
        ('kind = "regex"', 'kind = "regexp"', "rule 2: There is no kind of rule 'regexp'.*'regex'"),
        ('kind = "regex"', "", "rule 2: There is no kind of rule None"),
        ("pattern = 'https?:|www\\.'", "pattern = 'a('", r"rule 2: 'a\(' is no regular expression"),
        ("pattern = 'https?:|www\\.'", "", "rule 2: A regex rule needs 'pattern'"),
        ('key = "domain"', "", "rule 3: A lookup rule needs 'key'. It has table, key, label"),
        ('key = "domain"', 'key = "domains"', "rule 3: There is no column 'domains'"),
        ("sites.csv", "site.csv", "site.csv"),
        ('name = "asks"', 'name = "asks', "is no valid TOML: .*line"),
        ('name = "asks"', 'name = "inline"', "Two rules are called 'inline'"),
        ('"ham", "spam"', '"ham", "spm"', "'spam' is no class.*Did you mean 'spm'"),
    ],
)
def test_mistakes_in_toml_are_told_with_their_place(write, old, new, message):
    assert old in TOML
    with pytest.raises((DataError, ParameterError, SpaceError, OSError), match=message):
        RuleSet.read(write(TOML.replace(old, new, 1)))


@pytest.mark.parametrize("content", ["format = 1", "format = 1\nrule = 3"])
def test_a_file_without_rules_is_refused(write, content):
    with pytest.raises(DataError, match=r"holds no rule\. Add a table \[\[rule\]\]"):
        RuleSet.read(write(content))


def test_files_of_another_kind_and_missing_ones_are_refused(write, tmp_path):
    with pytest.raises(DataError, match=r"ends in .toml or .py"):
        RuleSet.read(write("x", "rules.txt"))
    for name in ("none.toml", "none.py"):
        with pytest.raises(DataError, match=f"There is no file .*{name}"):
            RuleSet.read(tmp_path / name)


PYTHON = """
    from beside import WORDS
    from labelwright.sources import KeywordRule, rule

    @rule
    def length(text):
        if len(text) > 6:
            raise ValueError(helper(text))

    def helper(text):
        return f"{text} is long"

    @rule(label="ham")
    def artist(text):
        return text in WORDS

    words = KeywordRule(["win"], "spam", name="words")
    same = words
"""


def test_rules_of_a_python_file_run_in_processes_and_can_import_what_stands_beside_it(write):
    write("WORDS = {'psy'}", "beside.py")
    rules = RuleSet.read(write(PYTHON, "rules.py"))
    assert rules.names == ("length", "artist", "words")
    table = {"text": ["psy", "win", "a longer text"]}
    here = rules.apply(table, executor=LocalExecutor("threads", workers=1))
    with LocalExecutor("processes", 1) as executor:
        there = rules.apply(table, executor=executor)
    assert there.errors == here.errors
    assert str(there.errors[0]) == (
        "Rule 'length', record 2: ValueError: a longer text is long (rules.py, line 8)"
    )
    assert there.votes.to_table().rows() == here.votes.to_table().rows()


def test_a_python_file_that_changed_is_read_anew(write):
    first = RuleSet.read(
        write("from labelwright.sources import rule\n@rule\ndef a(x): ...", "r.py")
    )
    again = RuleSet.read(
        write("from labelwright.sources import rule\n@rule\ndef b(x): ...", "r.py")
    )
    assert (first.names, again.names) == (("a",), ("b",))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("x = 3", r"holds no rule\. Write @rule"),
        ("x = 3\ny = x +", r"rules.py, line 2: SyntaxError"),
        ("x = 3\n\ny = z", r"rules.py, line 3: NameError: name 'z' is not defined"),
        ("import no_such_module", "line 1: ModuleNotFoundError: No module named 'no_such_module'"),
    ],
)
def test_a_python_file_that_does_not_run_is_told_with_its_line(write, content, message):
    with pytest.raises(DataError, match=message):
        RuleSet.read(write(content, "rules.py"))


def test_what_toml_cannot_hold_is_not_written(tmp_path):
    with pytest.raises(CapabilityError, match="'f' is code"):
        RuleSet([rule(lambda text: None, name="f")]).write(tmp_path / "rules.toml")
    with pytest.raises(CapabilityError, match="'lookup_n' looks up values that are no text"):
        RuleSet([LookupRule({1: "a"}, field="n")]).write(tmp_path / "rules.toml")
