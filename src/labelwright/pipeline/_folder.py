"""The run folder: one owner at a time, stages that are kept, and files that are never half there.

A stage writes into a hidden folder of its own and is renamed into place when it is whole. That
place is named by a fingerprint of everything that decides its result, so a stage whose inputs
have not changed is found and read instead of being computed again, also after a kill.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from filelock import FileLock, Timeout

from labelwright.core.errors import RunError
from labelwright.core.files import check_format, read_json, write_json

__all__ = ["RunFolder", "fingerprint"]

FORMAT = 1
T = TypeVar("T")


def fingerprint(*parts: Any) -> str:
    """A short hash of plain values."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class RunFolder:
    """A folder that belongs to one run.

    Parameters
    ----------
    path : Path
        Made if it is not there. A folder with files that is no run, or that is the run of another
        input, is refused.
    source : str
        What names the input.
    """

    def __init__(self, path: Path, source: str) -> None:
        self.path = path
        self.hidden = path / ".labelwright"
        self.source = source

    @contextmanager
    def opened(self) -> Iterator[RunFolder]:
        """Own the folder while the block runs."""
        with _explained(self.path):
            self._claim()
            self.hidden.mkdir(parents=True, exist_ok=True)
            with self._lock():
                self.mark(complete=False)
                self._sweep()
                yield self

    def _sweep(self) -> None:
        """Remove what a run that was killed left unfinished."""
        for stage in self.hidden.glob("*.part"):
            shutil.rmtree(stage)
        for path in [*self.path.glob(".*.part.*"), *self.hidden.glob(".*.part.*")]:
            path.unlink()

    def mark(self, *, complete: bool) -> None:
        """Say whether the files of this folder belong together."""
        head = {"format": FORMAT, "source": self.source, "complete": complete}
        write_json(self.hidden / "run.json", head)

    def stage(
        self,
        name: str,
        key: str,
        compute: Callable[[Path], Any],
        read: Callable[[Path], T],
    ) -> T:
        """What a stage gives: read, if it was computed from the same inputs before.

        Parameters
        ----------
        name : str
        key : str
            Fingerprint of everything that decides the result.
        compute : function of a folder
            Writes the result into it.
        read : function of a folder
            Reads the result back.
        """
        done = self.hidden / name / key
        if not done.exists():
            part = self.hidden / f"{name}.part"
            part.mkdir()
            compute(part)
            _sync_tree(part)
            done.parent.mkdir(exist_ok=True)
            part.rename(done)
            for old in done.parent.iterdir():
                if old != done:
                    shutil.rmtree(old)
        return read(done)

    def _claim(self) -> None:
        if self.path.exists() and not self.path.is_dir():
            raise RunError(f"{self.path} is a file.", hint="Give another --out.")
        head = self.hidden / "run.json"
        if head.exists():
            known = read_json(head)
            check_format(known.get("format"), FORMAT, head)
            if known["source"] != self.source:
                raise RunError(
                    f"{self.path} holds the run of another input, {known['source']}.",
                    where={"folder": str(self.path)},
                    hint="Give another --out.",
                )
        elif self.path.exists() and any(p.name != self.hidden.name for p in self.path.iterdir()):
            raise RunError(
                f"{self.path} holds files and is no run of Labelwright.",
                where={"folder": str(self.path)},
                hint="Give a new or empty folder with --out.",
            )

    @contextmanager
    def _lock(self) -> Iterator[None]:
        # The system gives the lock back when the process ends, however it ends.
        lock = FileLock(self.hidden / "lock")
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise RunError(
                f"Another run is writing into {self.path}.",
                hint="Wait for it, stop it, or give another --out.",
            ) from error
        try:
            yield
        finally:
            lock.release()


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Say in plain words what the system refused."""
    reasons = {
        errno.ENOSPC: ("The disk is full", "Free some space and run again: finished stages stay."),
        errno.EROFS: ("The disk is read-only", "Give another --out."),
        errno.EACCES: ("You may not write", "Give another --out."),
        errno.EPERM: ("You may not write", "Give another --out."),
        errno.ENOTDIR: ("A file stands where a folder is needed", "Give another --out."),
    }
    try:
        yield
    except OSError as error:
        if error.errno not in reasons:
            raise
        what, hint = reasons[error.errno]
        raise RunError(f"{what}: {error.filename or path}.", hint=hint) from error


def _sync_tree(folder: Path) -> None:
    for path in [*folder.rglob("*"), folder]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
