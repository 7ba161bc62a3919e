"""Build the wheel, install it into an empty environment and use it from another folder."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

USE = """
from labelwright.aggregation import DawidSkene
from labelwright import Votes
votes = Votes.from_arrays(item=[0, 0, 1, 1, 2, 2], annotator=list("ababab"), label=list("xxyyxy"))
print(DawidSkene().fit(votes).to_table())
"""

# What the installed package must do; the first word is a program of the empty environment.
COMMANDS = [
    ["python", "-c", "import labelwright; print(labelwright.__version__)"],
    ["python", "-c", USE],
    ["labelwright", "--help"],
]


def main() -> None:
    """Run every command in a temporary folder; the first that fails ends the check."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _pip(sys.executable, "wheel", "--no-deps", f"--wheel-dir={folder}", str(ROOT))
        (wheel,) = folder.glob("*.whl")
        venv.create(folder / "venv", with_pip=True)
        programs = folder / "venv" / "bin"
        constraints = f"--constraint={ROOT / 'constraints.txt'}"
        _pip(str(programs / "python"), "install", constraints, str(wheel))
        for program, *arguments in COMMANDS:
            print("$", program, *arguments, flush=True)
            command = [str(programs / program), *arguments]
            subprocess.run(command, cwd=folder, env=_environment(), check=True)
    print("The wheel works from an empty environment.")


def _environment() -> dict[str, str]:
    """The environment without what would let the source tree be found."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def _pip(python: str, *arguments: str) -> None:
    subprocess.run([python, "-m", "pip", "--quiet", *arguments], check=True)


if __name__ == "__main__":
    main()
