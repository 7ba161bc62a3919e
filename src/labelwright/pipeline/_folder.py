"""The run folder: one owner at a time, stages that are kept, and files that are never half there.

A stage writes into a hidden folder of its own and is renamed into place when it is whole. That
place is named by a fingerprint of everything that decides its result, so a stage whose inputs
have not changed is found and read instead of being computed again, also after a kill.

A run of several questions holds a folder a question, each with stages of its own, under the lock
of the whole.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from filelock import FileLock, Timeout

from labelwright.core.errors import RunError
from labelwright.core.files import check_format, read_json, write_json

__all__ = ["RunFolder", "fingerprint", "folder_name"]

FORMAT = 1
HEAD = "run.json"
# What else lies in the folder above those of the questions, or would be taken for it.
TAKEN = {"report.html", "report.json", "run.toml", "readme.txt", "share.key", "model"}
LONGEST_NAME = 80
T = TypeVar("T")


def fingerprint(*parts: Any) -> str:
    """A short hash of plain values."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def folder_name(question: str) -> str:
    """A name for the folder of a question: its own, as far as every system takes it.

    Examples
    --------
    >>> folder_name("topic"), folder_name("How sure? (1/2)"), folder_name("..")
    ('topic', 'How sure_ _1_2_', '_')
    """
    name = re.sub(r"[^\w .-]", "_", question)[:LONGEST_NAME].strip(" .") or "_"
    return f"{name}_" if name.casefold() in TAKEN else name


class RunFolder:
    """A folder that belongs to one run.

    Parameters
    ----------
    path : Path
        Made if it is not there. A folder with files that is no run, or that is the run of another
        input, is refused.
    source : str
        What names the input.
    is_several : bool
        Whether it holds a folder a question.
    question : str, optional
        Of the folder of one question within such a run.
    """

    def __init__(
        self, path: Path, source: str, *, is_several: bool = False, question: str | None = None
    ) -> None:
        self.path = path
        self.hidden = path / ".labelwright"
        self.source = source
        self.is_several = is_several
        self.question = question

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

    @classmethod
    @contextmanager
    def reopened(cls, path: Path) -> Iterator[None]:
        """Own the folder of a finished run while the block runs; it stays finished."""
        folder = cls(path, "")
        with _explained(path), folder._lock():
            for head in [folder.hidden / HEAD, *path.glob(f"*/{folder.hidden.name}/{HEAD}")]:
                cls(head.parent.parent, "")._sweep()
            yield

    def part(self, name: str, question: str) -> RunFolder:
        """The folder of one question, owned for as long as the whole is."""
        folder = RunFolder(self.path / name, self.source, question=question)
        folder._claim()
        folder.hidden.mkdir(parents=True, exist_ok=True)
        folder.mark(complete=False)
        folder._sweep()
        return folder

    def left_over(self, names: Iterable[str]) -> list[str]:
        """Folders of questions that an earlier run had and that are not among these."""
        found = {head.parent.parent.name for head in self.path.glob(f"*/{self.hidden.name}/{HEAD}")}
        return sorted(found - set(names))

    def _sweep(self) -> None:
        """Remove what a run that was killed left unfinished."""
        for stage in self.hidden.glob("*.part"):
            shutil.rmtree(stage)
        for path in [*self.path.glob(".*.part.*"), *self.hidden.glob(".*.part.*")]:
            path.unlink()

    def mark(self, *, complete: bool) -> None:
        """Say whether the files of this folder belong together."""
        head: dict[str, Any] = {"format": FORMAT, "source": self.source, "complete": complete}
        write_json(self.hidden / HEAD, head | self._layout)

    @property
    def _layout(self) -> dict[str, Any]:
        """What a folder of a run of one question does not state."""
        if self.question is not None:
            return {"question": self.question}
        return {"several": True} if self.is_several else {}

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
        head = self.hidden / HEAD
        if head.exists():
            known = read_json(head)
            check_format(known.get("format"), FORMAT, head)
            kept = {name: known[name] for name in ("question", "several") if name in known}
            if known["source"] != self.source or kept != self._layout:
                raise RunError(
                    f"{self.path} holds {_described(known, self.source)}.",
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


def _described(known: dict[str, Any], source: str) -> str:
    """What stands in the way of a run of other input or other questions."""
    if known["source"] != source:
        return f"the run of another input, {known['source']}"
    if "question" in known:
        return f"question {known['question']!r} of a run of several"
    return "a run of several questions" if "several" in known else "a run of one question"


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
