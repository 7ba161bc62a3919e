import pytest

from labelwright.core.errors import DataError, ParameterError
from labelwright.pipeline import Settings


def test_a_project_file_gives_back_the_settings(tmp_path):
    file = tmp_path / "data" / "a.csv"
    settings = Settings.of_options(
        file=str(file), votes="w_*, v", text="body", of="spam", seed=3, gold="truth"
    )
    path = settings.write(tmp_path / "runs" / "project.toml", note="first line\nsecond")
    assert Settings.read(path) == settings
    content = path.read_text()
    assert content.startswith("# first line\n# second\nformat = 1\n")
    assert 'file = "../data/a.csv"' in content


def test_questions_are_one_several_or_all(tmp_path):
    several = Settings.of_options(
        file=str(tmp_path / "a.csv"), question="topic, tone", votes="{question}_*", names="u.csv"
    )
    assert several.is_several
    assert several.asked is None
    path = several.write(tmp_path / "project.toml")
    assert 'question = ["topic", "tone"]' in path.read_text()
    assert Settings.read(path).question == several.question
    path.write_text('format = 1\n[run]\nfile = "a.csv"\nquestion = "topic"\n')
    one = Settings.read(path)
    assert not one.is_several
    assert one.asked == "topic"
    assert Settings.of_options(question="all").is_several
    filled = several.for_question("tone")
    assert (filled.asked, filled.votes) == ("tone", ("tone_*",))
    assert filled.command().endswith("--question tone --votes 'tone_*' --names u.csv")


def test_the_command_states_what_differs_from_the_defaults():
    settings = Settings.of_options(file="my file.csv", votes=["a", "b"], votes_file=None)
    assert settings.command() == "labelwright run 'my file.csv' --votes a,b"
    flags = Settings.of_options(file="e.json", votes="l_*", slots=True, reader="label-studio")
    assert flags.command() == "labelwright run e.json --format label-studio --votes 'l_*' --slots"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"vote": ["a"]}, "no option 'vote'. Did you mean 'votes'"),
        ({"seed": -1}, "seed=-1 is not accepted"),
        ({"limit": 0}, "limit=0 is not accepted"),
        ({"method": "dawid"}, "no method 'dawid'. Did you mean 'dawid-skene'"),
        ({"votes": "a", "counts": "b"}, "described in two ways: --votes and --counts"),
        ({"annotator": "who"}, "--id and --label go with it"),
        ({"annotators": "who"}, "--annotators goes with --votes"),
        ({"text": "a", "features": "b"}, "one of --text, --features"),
        ({"gold": "a", "gold_file": "b"}, "one of --gold and --gold-file"),
        ({"question": "a,b,a"}, "Question 'a' is named twice"),
        ({"question": "a,,b"}, "an empty name"),
        ({"question": "all,a"}, "already holds every question"),
        ({"votes": "{question}_*"}, "stands for a question, and none is named"),
    ],
)
def test_options_that_are_not_accepted(options, message):
    with pytest.raises(ParameterError, match=message):
        Settings.of_options(**options)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("format = 1\n[run\n", "no valid TOML"),
        ("format = 2\n", "format 2; this version .* reads up to 1"),
        ("[run]\nfile = 'a'\n", "no 'format' number"),
        ("format = 1\n[runs]\nfile = 'a'\n", "no table 'runs'. Did you mean 'run'"),
    ],
)
def test_project_files_that_cannot_be_read(tmp_path, content, message):
    path = tmp_path / "project.toml"
    path.write_text(content)
    with pytest.raises(DataError, match=message):
        Settings.read(path)
