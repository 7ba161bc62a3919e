"""Build the site: the pages in docs/, and one page a public name made from its docstring.

Nothing is written beside the sources: pages are gathered in build/docs, the site in build/site.
"""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
from pathlib import Path

import griffe

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "build" / "docs"
SOURCE = ROOT / "src"


def rooms() -> list[str]:
    """The package and its rooms, as dotted names: every folder with public names."""
    stubs = sorted((SOURCE / "labelwright").rglob("__init__.pyi"))
    return [".".join(stub.parent.relative_to(SOURCE).parts) for stub in stubs]


def write_reference() -> None:
    """Write a page for each public name, one that lists those of a room, and one of the rooms."""
    package = griffe.load("labelwright", search_paths=[SOURCE], resolve_aliases=True)
    doors = []
    for room in rooms():
        module = importlib.import_module(room)
        folder = room.removeprefix("labelwright.")
        names = sorted(module.__all__, key=str.lower)
        found = [(f"{name}.md", name, _docstring(package, room, name)) for name in names]
        for page, name, _ in found:
            _write(f"{folder}/{page}", f"---\ntitle: {name}\n---\n\n::: {room}.{name}\n")
        _write(f"{folder}/index.md", f"# {room}\n\n{module.__doc__}\n\n{_listing(found)}")
        doors.append((f"{folder}/index.md", room, str(module.__doc__)))
    _write("index.md", f"# Reference\n\n{_listing(doors)}")


def _docstring(package: griffe.Module, room: str, name: str) -> str:
    target = package.modules_collection[f"{room}.{name}"]
    return target.docstring.value if target.docstring else ""


def _listing(rows: list[tuple[str, str, str]]) -> str:
    """A list of (page, name, docstring): links with what the docstring says first."""
    firsts = [(page, name, text.strip().partition("\n\n")[0]) for page, name, text in rows]
    return "\n".join(f"- [`{n}`]({page}): {' '.join(first.split())}" for page, n, first in firsts)


def _write(page: str, text: str) -> None:
    file = PAGES / "reference" / page
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def build() -> int:
    """Run Zensical in strict mode; 1 on any warning, of docstrings too."""
    command = [sys.executable, "-m", "zensical", "build", "--clean", "--strict"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    said = result.stdout + result.stderr
    print(said)
    return 1 if result.returncode or "griffe:" in said else 0


def main() -> int:
    """Gather the pages and build the site."""
    shutil.rmtree(PAGES, ignore_errors=True)
    shutil.copytree(ROOT / "docs", PAGES)
    for page in ("CONTRIBUTING.md", "CHANGELOG.md"):
        shutil.copy(ROOT / page, PAGES / page.lower())
    write_reference()
    return build()


if __name__ == "__main__":
    sys.exit(main())
