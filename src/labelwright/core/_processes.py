"""Long-lived worker processes, one pipe each, that hold shards and can be killed.

A worker is sent one task and answers before it is sent the next, so the two ends of a pipe never
write at once and nothing can lock up. The words on the wire::

    to a worker    (call or None if it has it, key, (shard,) or () if it has it, keys to forget)
    from a worker  STARTED, and then (True, result) or (False, error)
"""

from __future__ import annotations

import itertools
import math
import multiprocessing
import os
import pickle  # noqa: TID251  (what our own processes say to each other; no file holds it)
import signal
import threading
import time
import traceback
import weakref
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from typing import Any

from labelwright.core.errors import LabelwrightError, ParameterError
from labelwright.core.executor import Overran, tell_shard

STARTED = "started"


@dataclass(frozen=True, eq=False)
class Handle:
    """A shard and the place of the worker that holds it."""

    key: int
    place: int
    shard: Any = field(repr=False)


@dataclass(frozen=True)
class Failure:
    """What a shard's work raised."""

    error: BaseException


class Worker:
    """One process, and what it holds already."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self.process.start()
        theirs.close()
        self.held: set[int] = set()
        self.call: bytes | None = None

    def send(self, call: bytes, handle: Handle, gone: list[int]) -> None:
        """Send a task; what the worker has already is not sent again."""
        self.held.difference_update(gone)
        shard = () if handle.key in self.held else (handle.shard,)
        message = _dumps((None if call is self.call else call, handle.key, shard, gone))
        self.held.add(handle.key)
        self.call = call
        self.pipe.send_bytes(message)

    def kill(self, grace: float = 0.0) -> int | None:
        """End the process and return its exit code, its own if it ends within ``grace`` seconds."""
        self.process.join(grace)
        self.process.kill()
        self.process.join()
        code = self.process.exitcode
        self.process.close()
        self.pipe.close()
        return code


class ProcessPool:
    """Workers by place; each is started when it is first needed and again after it was killed."""

    def __init__(self, n_workers: int) -> None:
        self._workers: list[Worker | None] = [None] * n_workers
        self._forgotten: list[deque[int]] = [deque() for _ in range(n_workers)]
        self._keys = itertools.count()
        self._lock = threading.Lock()
        weakref.finalize(self, _kill_all, self._workers)

    def put(self, shards: Iterable[Any]) -> list[Handle]:
        """Deal the shards to the workers in turn; they are sent with their first task."""
        handles = []
        for number, shard in enumerate(shards):
            handle = Handle(next(self._keys), number % len(self._workers), shard)
            forget = weakref.finalize(handle, self._forgotten[handle.place].append, handle.key)
            forget.atexit = False
            handles.append(handle)
        return handles

    def map(
        self,
        function: Callable[..., Any],
        handles: list[Handle],
        shared: tuple[Any, ...],
        timeout: float | None,
    ) -> list[Any]:
        """Results in the order of ``handles``; the first failure in that order is raised."""
        call = _dumps((function, shared))
        with self._lock:
            job = _Job(self, call, handles, timeout)
            try:
                results = job.run()
            except BaseException:
                # Ctrl-C, for example: no work may go on that nobody waits for.
                self.close()
                raise
        for number, result in enumerate(results):
            if isinstance(result, Failure):
                tell_shard(result.error, number)
                raise result.error
        return results

    def close(self) -> None:
        """Kill all workers."""
        _kill_all(self._workers)

    def worker(self, place: int) -> Worker:
        """The worker at ``place``, started if there is none."""
        found = self._workers[place]
        if found is None:
            found = self._workers[place] = Worker()
        return found

    def send(self, call: bytes, handle: Handle) -> Connection:
        """Send one task and return the pipe that will answer."""
        worker, forgotten = self.worker(handle.place), self._forgotten[handle.place]
        gone = [forgotten.popleft() for _ in range(len(forgotten))]
        worker.send(call, handle, gone)
        return worker.pipe

    def kill(self, place: int, grace: float = 0.0) -> int | None:
        """Kill the worker at ``place`` and return its exit code."""
        worker, self._workers[place] = self._workers[place], None
        return None if worker is None else worker.kill(grace)


@dataclass
class _Task:
    number: int
    handle: Handle
    deadline: float = math.inf


class _Job:
    """One call of ``map``: what waits at each place, what runs, what came back."""

    def __init__(
        self, pool: ProcessPool, call: bytes, handles: list[Handle], timeout: float | None
    ) -> None:
        self.pool = pool
        self.call = call
        self.timeout = timeout
        self.results: list[Any] = [None] * len(handles)
        self.waiting: dict[int, deque[_Task]] = {}
        self.running: dict[Connection, _Task] = {}
        for number, handle in enumerate(handles):
            self.waiting.setdefault(handle.place, deque()).append(_Task(number, handle))

    def run(self) -> list[Any]:
        for place in self.waiting:
            self.pool.worker(place)  # all start at once, before the first shard is sent
        for place in self.waiting:
            self._send_next(place)
        while self.running:
            nearest = min(task.deadline for task in self.running.values())
            seconds = None if math.isinf(nearest) else max(0.0, nearest - time.monotonic())
            for pipe in wait(list(self.running), seconds):
                self._receive(pipe)  # type: ignore[arg-type]
            self._stop_overdue()
        return self.results

    def _send_next(self, place: int) -> None:
        while self.waiting[place]:
            task = self.waiting[place].popleft()
            try:
                self.running[self.pool.send(self.call, task.handle)] = task
                return
            except OSError:
                self._fail(task, self._died(task))

    def _receive(self, pipe: Connection) -> None:
        task = self.running[pipe]
        try:
            message = pipe.recv_bytes()
        except (EOFError, OSError):
            self._finish(pipe, Failure(self._died(task)))
            return
        answer = pickle.loads(message)
        if answer == STARTED:
            task.deadline = time.monotonic() + (self.timeout or math.inf)
            return
        fine, value = answer
        if not fine:
            # The shard may not have arrived whole.
            self.pool.worker(task.handle.place).held.discard(task.handle.key)
        self._finish(pipe, value if fine else Failure(value))

    def _stop_overdue(self) -> None:
        now = time.monotonic()
        for pipe, task in list(self.running.items()):
            if now >= task.deadline:
                self.pool.kill(task.handle.place)
                self._finish(pipe, Overran(task.number, self.timeout or 0.0))

    def _finish(self, pipe: Connection, result: Any) -> None:
        task = self.running.pop(pipe)
        if isinstance(result, Failure):
            self._fail(task, result.error)
        else:
            self.results[task.number] = result
        self._send_next(task.handle.place)

    def _fail(self, task: _Task, error: BaseException) -> None:
        self.results[task.number] = Failure(error)
        # Only earlier shards can still change which failure is the first.
        for place, tasks in self.waiting.items():
            self.waiting[place] = deque(t for t in tasks if t.number < task.number)

    def _died(self, task: _Task) -> LabelwrightError:
        code = self.pool.kill(task.handle.place, grace=1.0)
        return LabelwrightError(
            f"The process that worked on shard {task.number} ended by itself (exit code {code}).",
            where={"shard": task.number},
            hint="It may have run out of memory; in a script, start work under "
            "'if __name__ == \"__main__\":'.",
        )


def _serve(pipe: Connection) -> None:  # pragma: no cover (runs in a process that is killed)
    """What a worker process does: take a task, run it, answer, until the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent, which decides
    threading.Thread(target=_end_with_parent, daemon=True).start()
    shards: dict[int, Any] = {}
    function: Callable[..., Any] = _serve
    shared: tuple[Any, ...] = ()
    while True:
        try:
            message = pipe.recv_bytes()
        except (EOFError, OSError):
            return
        try:
            call, key, shard, gone = pickle.loads(message)
            for old in gone:
                shards.pop(old, None)
            if shard:
                shards[key] = shard[0]
            if call is not None:
                function, shared = pickle.loads(call)
            pipe.send(STARTED)
            answer = pickle.dumps((True, function(shards[key], *shared)))
        except BaseException as error:  # also SystemExit: the answer must come
            answer = pickle.dumps((False, _portable(error)))
        pipe.send_bytes(answer)


def _end_with_parent() -> None:  # pragma: no cover (as above)
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _portable(error: BaseException) -> BaseException:  # pragma: no cover (as above)
    """The error itself if it survives the way to the parent, else one that says the same."""
    trace = "".join(traceback.format_exception(error))
    try:
        error = pickle.loads(pickle.dumps(error.with_traceback(None)))
    except Exception:
        error = LabelwrightError(f"{type(error).__name__}: {error}")
    error.add_note(f"In the worker process:\n{trace}")
    return error


def _dumps(value: Any) -> bytes:
    try:
        return pickle.dumps(value)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise ParameterError(
            f"This cannot be sent to a process: {error}.",
            hint="Give a function that stands at the top of a module, or use threads.",
        ) from error


def _kill_all(workers: list[Worker | None]) -> None:
    for place, worker in enumerate(workers):
        workers[place] = None
        if worker is not None:
            worker.kill()
