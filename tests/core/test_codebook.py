"""The codebook: what its file states, and what is refused with its line and key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelwright.core.codebook import Codebook, LabelEntry, Question
from labelwright.core.errors import DataError, SpaceError
from labelwright.core.spaces import Classes, Numbers, Tags, Text

FULL = """
format = 1

[question.topic]
kind = "classes"
ordered = true
prompt = "What is it about?"
abstain = ["unsure"]

[[question.topic.class]]
name = "account"
definition = "Anything about the account."

[[question.topic.class]]
name = "billing"
examples = ["charged twice"]
aliases = ["Billing", "invoice"]
parent = "account"
positive = true

[question.score]
kind = "numbers"
min = 0
max = 10.5
unit = "points"
"""


def written(tmp_path, text):
    path = tmp_path / "codebook.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_states_label_spaces(tmp_path):
    book = Codebook.read(written(tmp_path, FULL))
    assert book.space("topic") == Classes(
        ("account", "billing"),
        ordered=True,
        parents={"billing": "account"},
        definitions={"account": "Anything about the account."},
        aliases={"Billing": "billing", "invoice": "billing"},
        abstain=("unsure",),
        positive="billing",
    )
    assert book.space("score") == Numbers(low=0, high=10.5, unit="points")
    assert repr(book) == "Codebook(topic: classes, score: numbers)"
    with pytest.raises(DataError, match="several questions: 'topic', 'score'"):
        book.space()
    with pytest.raises(DataError, match="Did you mean 'topic'"):
        book.space("topics")


def test_one_question_needs_no_name(tmp_path):
    text = 'format = 1\n[question]\nkind = "tags"\n[[question.class]]\nname = "late"\n'
    book = Codebook.read(written(tmp_path, text))
    assert book.space() == Tags(("late",))
    assert book.space("whatever the export calls it") == Tags(("late",))


names = st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=5, unique=True)


@given(names, st.booleans(), st.text(max_size=20))
def test_what_is_written_is_read_back(tmp_path_factory, labels, ordered, prompt):
    path = tmp_path_factory.mktemp("book") / "codebook.toml"
    entries = [LabelEntry(name=n, definition=prompt, aliases=[n + "!"]) for n in labels]
    question = Question(kind="classes", ordered=ordered, prompt=prompt, labels=entries)
    book = Codebook({"q": question, "free": Question(kind="text")})
    again = Codebook.read(book.write(path))
    assert again.questions == book.questions
    assert again.space("free") == Text()


def test_spelling_variants_are_proposed_and_not_merged(tmp_path):
    book = Codebook.propose(["Billing", "billing ", "refund"] * 3, question="topic")
    path = book.write(tmp_path / "codebook.toml")
    assert "# 'Billing' and 'billing ' differ only in spelling" in path.read_text()
    assert Codebook.read(path).space().names == ("Billing", "billing ", "refund")


def test_classes_may_be_numbers_or_truth_values(tmp_path):
    path = Codebook.propose([3, 1, 2, 1]).write(tmp_path / "c.toml")
    assert Codebook.read(path).space().names == (1, 2, 3)
    path = Codebook.propose([True, False]).write(tmp_path / "c.toml")
    assert Codebook.read(path).space().names == (False, True)


CLASS = 'format = 1\n[question]\nkind = "classes"\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("format = 1\n[question\n", r"no valid TOML.*line 2"),
        ('format = 9\n[question]\nkind = "text"\n', "format 9"),
        ("format = 1\n", "asks no question"),
        ("format = 1\nquestion = 3\n", "asks no question"),
        ("format = 1\n[questions]\n", "no table 'questions'. Did you mean 'question'"),
        ('format = 1\n[question.q]\nkind = "clases"\n', r"question\.q\.kind is not accepted"),
        (CLASS + 'colour = "red"\n', r"question\.colour is not accepted.*A question has kind"),
        (CLASS + "[[question.class]]\nnam = 'a'\n", r"class\.0\.name.*A class has name"),
        (CLASS + "[[question.class]]\nname = 'a'\n" * 2, "line 7, question: 'a' stands twice"),
        ("format = 1\n[question]\nq = 3\n", r"question\.q is no table"),
        (CLASS + "unit = 'g'\n", r"question\.unit means nothing for classes"),
        ('format = 1\n[question.q]\nkind = "text"\nmin = 1\n', r"question\.q\.min means nothing"),
        (
            'format = 1\n[question]\nkind = "tags"\n[[question.class]]\nname = "a"\nparent = "b"\n',
            r"question\.parent means nothing for tags",
        ),
        (CLASS, "at least one class"),
    ],
)
def test_files_that_cannot_be_read(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        Codebook.read(written(tmp_path, text))


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        (
            "name = 'a'\naliases = ['x']\n|name = 'b'\naliases = ['x']\n",
            "line 9, question: 'x' is an alias of 'a' and of 'b'",
        ),
        ("name = 'a'\nparent = 'b'\n|name = 'b'\nparent = 'a'\n", "line 9, question: .* cycle"),
        ("name = 'a'\naliases = ['b']\n|name = 'b'\n", "line 8, question: 'b' is a class"),
        ("name = 1\n|name = 2\n|name = 1\n", "line 9, question: 1 stands twice"),
        (
            "name = 'a'\npositive = true\n|name = 'b'\npositive = true\n",
            "Several classes are positive",
        ),
        ("name = 'a'\nparent = 'z'\n", "'z', which is no class"),
        ("name = 'a'\n|name = 1\n", "of type int and str"),
    ],
)
def test_classes_that_contradict_each_other(tmp_path, classes, message):
    text = CLASS + "".join(f"[[question.class]]\n{c}" for c in classes.split("|"))
    with pytest.raises(SpaceError, match=message):
        Codebook.read(written(tmp_path, text))


def test_a_missing_file(tmp_path):
    with pytest.raises(DataError, match="There is no file"):
        Codebook.read(tmp_path / "none.toml")


def test_a_file_that_notepad_saved_is_read(tmp_path):
    text = 'format = 1\n[question]\nkind = "text"\n'
    (tmp_path / "c.toml").write_text(text, encoding="utf-8-sig")
    assert Codebook.read(tmp_path / "c.toml").space() == Text()


def test_answers_that_leave_classes_open_are_stated_and_written_back(tmp_path):
    text = (
        'format = 1\n[question.cell]\nkind = "classes"\nopen_answers = { "T or B" = ["T", "B"] }\n'
        + "".join(f'[[question.cell.class]]\nname = "{name}"\n' for name in "TB")
    )
    book = Codebook.read(written(tmp_path, text))
    assert book.space("cell") == Classes(["T", "B"], open_answers={"T or B": ["T", "B"]})
    book.write(tmp_path / "again.toml")
    assert Codebook.read(tmp_path / "again.toml").space("cell") == book.space("cell")
    with pytest.raises(SpaceError, match="open_answers names 'X', which is no class"):
        Codebook.read(written(tmp_path, text.replace('["T", "B"]', '["T", "X"]')))
