"""Exit codes, and messages instead of tracebacks."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from labelwright.cli import _main
from labelwright.cli._answer import Answer
from labelwright.core.errors import BudgetError, DataWarning


def failing(monkeypatch, error):
    """Let every command end in ``error``."""

    def fail(_):
        raise error

    monkeypatch.setattr(_main, "_execute", fail)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("lok", "votes.csv"), 'Did you mean "look"?'),
        (("run", "votes.csv", "--sede", "1"), "There is no option --sede. Did you mean --seed?"),
        (("look", "votes.csv", "--jsn"), "Did you mean --json?"),
        (("run",), "FILE requires an argument"),
        (("run", "votes.csv", "--seed", "many"), 'unable to convert "many" into int'),
        (("run", "votes.csv", "--seed", "-1"), "seed=-1 is not accepted"),
        (("run", "votes.csv", "--label"), "--label requires an argument"),
        (("run", "votes.csv", "--votes", "an,bo"), "Did you mean 'ann'?"),
        (("run", "vote.csv", "--votes", "ann,bo"), "vote.csv"),
        (("run", "votes.csv", "--annotator", "ann"), "--id and --label go with it"),
        (("look", "votes.csv", "more"), "It is not clear what 'more' is for."),
        (("look", "."), "."),
        (("methods", "show", "dawid-skeen"), "Did you mean 'dawid-skene'?"),
        (("methods", "zebra"), "There is no method 'zebra'."),
        (("methods", "preference"), "labelwright methods preference --all"),
        (("predict", "nowhere", "votes.csv"), "no model folder 'nowhere'"),
        (("sample", "votes.csv", "--out", "gold.csv"), "-n"),
        (("sample", "votes.csv", "-n", "31", "--out", "g.csv"), "31 cannot be drawn from 30"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_bad_input_is_told_in_plain_words(cli, words, message):
    said = cli(*words)
    assert said.code == 2
    assert said.out == ""
    assert said.err.startswith("error: ")
    assert message in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize("content", [b"", b"id,text\n", b"\x00\x01\x02\xff" * 50], ids=len)
def test_files_without_content(cli, folder, content):
    (folder / "bad.csv").write_bytes(content)
    said = cli("look", "bad.csv")
    assert said.code == 2
    assert "bad.csv" in said.err


def test_a_pattern_that_the_shell_has_filled_in(cli, folder):
    for name in ("worker_1", "worker_2"):
        (folder / name).touch()
    said = cli("run", "votes.csv", "--votes", "worker_1", "worker_2")
    assert said.code == 2
    assert "the shell probably turned a pattern into names" in said.err
    assert "--votes 'worker_*'" in said.err


def test_debug_adds_the_traceback(cli):
    assert "Traceback" in cli("look", "nothing.csv", "--debug").err


def test_a_bug_is_called_ours_and_its_traceback_kept(cli, monkeypatch):
    failing(monkeypatch, ZeroDivisionError("secret\nvalue"))
    said = cli("look", "my file.csv")
    assert said.code == 70
    assert said.err.startswith("bug: This is a bug in Labelwright, not in what you did.")
    assert "command: labelwright look 'my file.csv'" in said.err
    assert "versions: labelwright " in said.err
    assert "Traceback" not in said.err
    kept = Path(said.err.split("with the file ")[1].split(": the command")[0])
    assert "ZeroDivisionError" in kept.read_text()
    kept.unlink()


def test_a_bug_is_told_also_where_nothing_can_be_written(cli, monkeypatch):
    failing(monkeypatch, ZeroDivisionError())
    monkeypatch.setattr("tempfile.tempdir", "/no/such/folder")
    said = cli("look", "votes.csv")
    assert said.code == 70
    assert "Traceback" in said.err


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (KeyboardInterrupt(), 130, "stopped: by Ctrl-C. What is finished is kept"),
        (BudgetError("This would cost 12 dollars.", hint="Say --yes."), 4, "error: This would"),
        (PermissionError(13, "Permission denied", "runs"), 2, "error: runs: Permission denied."),
    ],
)
def test_other_ends(cli, monkeypatch, error, code, message):
    failing(monkeypatch, error)
    said = cli("run", "votes.csv")
    assert said.code == code
    assert said.err.startswith(message)


def test_a_gate_decides_the_exit_code(cli, monkeypatch):
    monkeypatch.setattr(_main, "_execute", lambda _: Answer({}, ["it failed"], exit_code=1))
    assert cli("look", "votes.csv").code == 1


def test_each_warning_of_ours_is_one_note_and_others_are_for_debugging(cli, monkeypatch):
    def warn(_):
        for _ in range(3):
            warnings.warn("two\n  lines", DataWarning, stacklevel=1)
        warnings.warn("not for users", RuntimeWarning, stacklevel=1)

    monkeypatch.setattr(_main, "_execute", warn)
    assert cli("look", "votes.csv").err == "note: two lines\n"
    assert "RuntimeWarning: not for users" in cli("look", "votes.csv", "--debug").err


def test_data_cannot_steer_the_terminal(cli, folder):
    (folder / "bad.csv").write_text("id,text,\x1b[2Jlabel\n1,a,x\n2,b,y\n3,c,x\n4,d,y\n")
    said = cli("look", "bad.csv")
    assert "\x1b" not in said.out + said.err
    assert "\x1b" not in cli("look", "bad\x1b[2J.csv").err


def in_a_process(*words: str, folder: Path, **options) -> subprocess.CompletedProcess[bytes]:
    code = "import sys; from labelwright.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", code, *words]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False, **options)


def test_a_reader_that_has_seen_enough(folder):
    code = "import sys; from labelwright.cli import main; sys.exit(main())"
    command = f"'{sys.executable}' -c '{code}' methods --all | head -c 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, check=True, cwd=folder)
    assert done.stdout == b"m0\n"
    assert done.stderr == b""


def test_a_terminal_that_knows_only_ascii(folder):
    (folder / "été.csv").write_text("id,text\n1,a\n2,b\n")
    done = in_a_process("look", "été.csv", folder=folder, env={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0
    assert done.stdout.startswith(b"\\xe9t\\xe9.csv: 2 rows")


def test_a_folder_that_cannot_be_written(folder):
    (folder / "runs").write_text("a file where a folder is needed")
    done = in_a_process("run", "votes.csv", "--votes", "ann,bo", folder=folder)
    assert done.returncode == 2
    assert done.stderr.startswith(b"error: ")
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "heavy"),
    [
        (("--help",), {"polars", "altair", "sklearn", "torch", "scipy.stats"}),
        (("run", "--help"), {"polars", "altair", "sklearn", "torch", "scipy.stats"}),
        (("methods",), {"polars", "altair", "sklearn", "torch"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_is_light_stays_light(folder, words, heavy):
    code = (
        "import sys; from labelwright.cli import main; main(); print(*sys.modules, file=sys.stderr)"
    )
    command = [sys.executable, "-c", code, *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=True, text=True)
    assert not set(done.stderr.split()) & heavy
