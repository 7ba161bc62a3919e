"""Resolve every dependency of the project anew and write the versions to constraints.txt."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

# Packages that stay at one version until somebody moves them by hand.
HELD = ["torch==2.13.0"]

ROOT = Path(__file__).resolve().parents[1]
HEADER = "# Versions the tests pass with; written by `make constraints`.\n"


def resolve() -> list[str]:
    """Ask pip what it would install into an empty environment, as ``name==version`` lines."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = ",".join(project["project"]["optional-dependencies"])
    groups = [f"--group={name}" for name in project["dependency-groups"]]
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed"]
    command += ["--quiet", "--report=-", f"--editable=.[{extras}]", *groups, *HELD]
    answer = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    packages = [item["metadata"] for item in json.loads(answer.stdout)["install"]]
    pins = [f"{p['name'].lower()}=={p['version'].partition('+')[0]}" for p in packages]
    return sorted(pin for pin in pins if not pin.startswith("labelwright=="))


if __name__ == "__main__":
    (ROOT / "constraints.txt").write_text(HEADER + "\n".join(resolve()) + "\n")
