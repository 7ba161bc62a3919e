"""Paste the demo's output and a picture of its report into the README, so that nobody types it."""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PICTURE = ROOT / "docs" / "report.png"
BEGIN, END = "<!-- demo: written by scripts/readme.py -->\n", "<!-- /demo -->\n"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def listing(lines: list[str]) -> str:
    """The demo as it looks on a terminal."""
    shown = ["$ labelwright demo", *lines]
    return "\n" + "".join(f"    {line}\n" for line in shown) + "\n"


def with_listing(text: str, lines: list[str]) -> str:
    """The README with the listing between its marks."""
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    return before + BEGIN + listing(lines) + END + after


@contextlib.contextmanager
def working_in(folder: str) -> Iterator[None]:
    """Paths in the listing are those of somebody who types the command."""
    old = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(old)


def demo_lines() -> list[str]:
    """What ``labelwright demo`` prints."""
    from labelwright.pipeline.demo import demo

    return demo().summary()


def draw(report: Path) -> None:
    """A picture of the top of the report, if there is a browser."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        print("no browser, so the picture stays as it was")
        return
    with tempfile.TemporaryDirectory() as profile:
        options = [
            f"--user-data-dir={profile}",
            "--window-size=1280,1500",
            f"--screenshot={PICTURE}",
        ]
        subprocess.run(
            [browser, *FLAGS, *options, report.as_uri()], check=True, capture_output=True
        )


def main() -> int:
    """Write, or with --check only compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail if the README is out of date")
    check = parser.parse_args().check
    with tempfile.TemporaryDirectory() as folder, working_in(folder):
        text = README.read_text()
        fresh = with_listing(text, demo_lines())
        if check:
            print("README.md is up to date" if fresh == text else "run scripts/readme.py")
            return int(fresh != text)
        README.write_text(fresh)
        draw(Path("runs/demo/report.html").absolute())
    return 0


if __name__ == "__main__":
    sys.exit(main())
