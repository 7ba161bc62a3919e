"""``labelwright doctor``."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Any

from labelwright.cli._answer import Answer
from labelwright.cli._installation import extras, requirements, version_of, versions

__all__ = ["doctor"]


def doctor() -> Answer:
    """Say what is installed, what is missing and how to get it, and where files go."""
    missing = [name for name in requirements() if version_of(name) is None]
    extra = {name: _missing_from(packages) for name, packages in extras().items()}
    data: dict[str, Any] = {
        "kind": "doctor",
        "versions": versions() | {"executable": sys.executable},
        "missing": missing,
        "extras": {name: {"missing": gaps} for name, gaps in extra.items()},
        "folders": _folders(),
        "cpus": os.cpu_count(),
    }
    return Answer(data, _lines(data))


def _missing_from(packages: tuple[str, ...]) -> list[str]:
    return [name for name in packages if version_of(name) is None]


def _folders() -> dict[str, Any]:
    from labelwright.datasets._storage import cache_folder

    stated = os.environ.get("LABELWRIGHT_DATA")
    return {
        "cache": {"path": str(cache_folder()), "free_gb": _free(cache_folder())},
        "here": {"path": str(Path.cwd()), "free_gb": _free(Path.cwd())},
        "data": {"path": stated, "exists": bool(stated) and Path(str(stated)).is_dir()},
    }


def _free(path: Path) -> float:
    """Free space where the folder is or would be made, in GB."""
    there = next(
        parent for parent in (path.absolute(), *path.absolute().parents) if parent.exists()
    )
    return round(shutil.disk_usage(there).free / 1e9, 1)


def _lines(data: dict[str, Any]) -> list[str]:
    lines = [f"{name}: {version}" for name, version in data["versions"].items()]
    if data["missing"]:
        lines.append(f"missing: {', '.join(data['missing'])}  ->  pip install labelwright")
    for name, found in data["extras"].items():
        gaps = ", ".join(found["missing"])
        ready = f'without {gaps}  ->  pip install "labelwright[{name}]"' if gaps else "ready"
        lines.append(f"extra {name}: {ready}")
    folders = data["folders"]
    for name in ("cache", "here"):
        lines.append(f"{name}: {folders[name]['path']} ({folders[name]['free_gb']:,} GB free)")
    mirror = folders["data"]
    gone = "" if mirror["exists"] or not mirror["path"] else " (no such folder)"
    lines.append(f"LABELWRIGHT_DATA: {mirror['path'] or 'not set'}{gone}")
    return lines
