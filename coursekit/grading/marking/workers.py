"""A worker pool: submissions marked side by side, in processes that may die of it.

A `WorkerPool` hands jobs to worker processes and takes back verdicts. Jobs and verdicts
are plain data, sent as JSON, so that another pool could send them to other machines.
Workers write nothing; a worker that dies is replaced, its job is tried once more, and
then ends as a crash that a human sees.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import json
import math
import multiprocessing
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, NoReturn, Self

from coursekit.grading.marking import load
from coursekit.grading.marking import verdict as marks
from coursekit.grading.marking.job import Job
from coursekit.grading.sandbox.contract import Runner, Transcript
from coursekit.grading.sandbox.local import sweep
from coursekit.homework.checks.answers import Lost

ATTEMPTS = 2
"""How often a job is tried before it counts as a crash."""

PATIENCE = 120.0
"""Seconds that a job may take beyond the submission's limit before it counts as dead:
the reference's own time, and that of processes that have to be started again."""


@dataclass(frozen=True)
class Done:
    """What became of a job.

    Parameters
    ----------
    job
        Which.
    verdict
        From ``Verdict.to_dict``, or None.
    error
        Why there is none: nothing could be run, or the tables are wrong.
    seconds
        Wall time, all attempts together.
    attempts
        How often it was tried.
    """

    job: Job
    verdict: Mapping[str, Any] | None
    error: str = ""
    seconds: float = 0.0
    attempts: int = 1


MarkJob = Callable[[Job], Mapping[str, Any]]


def mark(job: Job) -> Mapping[str, Any]:
    """Return the verdict on one job: what a worker does.

    Parameters
    ----------
    job
        What to mark.
    """

    runner = load.runner_of(_class(job.runner))
    return _mark(job, runner).to_dict()


def crashed(job: Job) -> Mapping[str, Any]:
    """Return the verdict on a job whose workers died: no points, and a flag.

    Parameters
    ----------
    job
        What could not be marked.
    """
    verdict = _mark(job, _Nobody())
    flag = (
        f"the grader's own process ended {ATTEMPTS} times while it marked this "
        "submission; it was not marked, and needs a person"
    )
    return replace(verdict, status="crash", flags=(flag, *verdict.flags)).to_dict()


def _mark(job: Job, runner: Runner) -> marks.Verdict:

    homework = load.load_homework(job.homework, Path(job.cases))
    secret = load.read_secret(Path(job.secret))
    return marks.mark(job.submission(), homework, secret, runner)


def _class(name: str) -> type[Runner]:
    module, _, attribute = name.rpartition(".")
    found: type[Runner] = getattr(importlib.import_module(module), attribute)
    return found


class _Nobody:
    """A runner and a child in one, whose every answer is lost."""

    def __init__(self) -> None:
        self.transcript = Transcript()

    def open(self, *_: object) -> _Nobody:
        return self

    def ask(self, *_: object) -> Lost:
        return Lost("crash")

    def close(self) -> None:
        """Nothing is open."""


# --- the workers ----------------------------------------------------------------


class WorkerPool:
    """Worker processes that mark jobs; a context that ends them.

    Workers are forked from this process when there is work for them, so whatever is
    dear to load should be there by then.

    Parameters
    ----------
    workers
        How many at most, from 1.
    work
        What a worker does with a job.
    patience
        Seconds that a job may take beyond the submission's own limit.

    Raises
    ------
    ValueError
        For fewer than one worker.

    Examples
    --------
    >>> job = Job("hw0", "ada", "twice", "00", "", (), "", "", "", {"seconds": 5.0})
    >>> with WorkerPool(2, work=lambda job: {"student": job.student}) as pool:
    ...     pool.put(job)
    ...     [done.verdict for done in pool.collect()]
    [{'student': 'ada'}]
    """

    def __init__(
        self, workers: int, work: MarkJob = mark, patience: float = PATIENCE
    ) -> None:
        if workers < 1:
            raise ValueError(f"{workers} workers cannot mark anything: take 1 or more")
        self.workers = workers
        self.work = work
        self.patience = patience
        self._queue: deque[_Task] = deque()
        self._crew: list[_Worker] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pending(self) -> int:
        """How many jobs wait or are worked on."""
        return len(self._queue) + sum(w.task is not None for w in self._crew)

    @property
    def is_full(self) -> bool:
        """Whether there is work enough for every worker now and next."""
        return self.pending >= 2 * self.workers

    def put(self, job: Job) -> None:
        """Take in a job; a worker starts on it as soon as one is free.

        Parameters
        ----------
        job
            To be marked.
        """
        self._queue.append(_Task(job))
        self._hand_out()

    def collect(self, seconds: float = math.inf) -> list[Done]:
        """Wait until some job is done; return those that are.

        Parameters
        ----------
        seconds
            How long to wait at most.

        Returns
        -------
        list of Done
            Empty where no job is pending, or none was done in time.
        """
        done: list[Done] = []
        end = time.monotonic() + seconds
        while not done and self.pending:
            self._hand_out()
            busy = [w for w in self._crew if w.task is not None]
            first = min([end, *(w.deadline for w in busy)])
            wait([w.pipe for w in busy], max(0.0, first - time.monotonic()))
            for worker in busy:
                done += self._look_at(worker)
            self._hand_out()
            if time.monotonic() >= end:
                break
        return done

    def close(self) -> None:
        """End all workers; jobs that are not done stay undone."""
        self._queue.clear()
        crew, self._crew = self._crew, []
        for worker in crew:
            worker.process.terminate()
        for worker in crew:
            worker.end(5.0)

    def _hand_out(self) -> None:
        for worker in [w for w in self._crew if not w.process.is_alive()]:
            if worker.task is None:  # died while it had nothing to do
                self._dismiss(worker)
        while self._queue:
            idle = [worker for worker in self._crew if worker.task is None]
            if not idle and len(self._crew) == self.workers:
                return
            worker = idle[0] if idle else self._hire()
            worker.give(self._queue.popleft(), self.patience)

    def _hire(self) -> _Worker:
        worker = _Worker(self.work, [other.pipe for other in self._crew])
        self._crew.append(worker)
        return worker

    def _dismiss(self, worker: _Worker) -> None:
        self._crew.remove(worker)
        worker.process.kill()
        worker.end(5.0)

    def _look_at(self, worker: _Worker) -> list[Done]:
        """Return what a busy worker has done, if it has; replace it if it is dead."""
        task = worker.task
        if task is None:
            return []
        reply = worker.reply()
        if reply is not None:
            worker.task = None
            done = task.done(reply)
            if not reply.get("again") or task.attempts >= ATTEMPTS:
                return [done]
        elif worker.is_lost:
            self._dismiss(worker)
            if task.attempts >= ATTEMPTS:
                return [_crash(task)]
        else:
            return []
        self._queue.appendleft(task)
        return []


@dataclass
class _Task:
    """A job and its story so far."""

    job: Job
    attempts: int = 0
    begin: float = 0.0

    def done(self, reply: Mapping[str, Any]) -> Done:
        return Done(
            job=self.job,
            verdict=reply.get("verdict"),
            error=str(reply.get("error", "")),
            seconds=time.monotonic() - self.begin,
            attempts=self.attempts,
        )


def _crash(task: _Task) -> Done:
    try:
        return task.done({"verdict": crashed(task.job)})
    except Exception as error:
        return task.done({"error": f"{type(error).__name__}: {error}"})


class _Worker:
    """One worker process, as its parent sees it."""

    def __init__(self, work: MarkJob, others: list[Connection]) -> None:
        context = multiprocessing.get_context("fork")
        self.pipe, theirs = context.Pipe()
        self.task: _Task | None = None
        self.deadline = 0.0
        _flush()
        self.process = context.Process(
            target=_serve,
            args=(theirs, work, [self.pipe, *others], os.getpid()),
            daemon=True,
        )
        self.process.start()
        theirs.close()

    def give(self, task: _Task, patience: float) -> None:
        now = time.monotonic()
        task.begin = task.begin or now
        task.attempts += 1
        self.task = task
        self.deadline = now + float(task.job.limits["seconds"]) + patience
        with contextlib.suppress(OSError):  # it is dead: seen when looked at
            self.pipe.send_bytes(task.job.to_json())

    def reply(self) -> dict[str, Any] | None:
        """Return what it has sent, or None."""
        try:
            if self.pipe.poll():
                said: dict[str, Any] = json.loads(self.pipe.recv_bytes())
                return said
        except (OSError, EOFError):
            self.deadline = 0.0
        return None

    @property
    def is_lost(self) -> bool:
        return time.monotonic() >= self.deadline

    def end(self, patience: float) -> None:
        self.process.join(patience)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self.process.close()
        self.pipe.close()
        sweep()  # who was killed could not clear up


def _flush() -> None:
    """Write out what is buffered, so that no forked process does it again."""
    for stream in sys.stdout, sys.stderr:
        with contextlib.suppress(AttributeError, OSError, ValueError):
            stream.flush()


# --- inside a worker --------------------------------------------------------------


def _serve(
    pipe: Connection, work: MarkJob, inherited: list[Connection], parent: int
) -> None:
    """Do one job after another until the parent closes the pipe, or is gone."""
    for other in inherited:
        other.close()
    _end_with(parent)
    if "torch" in sys.modules:  # its threads do not survive a fork
        sys.modules["torch"].set_num_threads(1)
    while True:
        try:
            job = Job.from_json(pipe.recv_bytes())
        except (EOFError, OSError):
            return
        pipe.send_bytes(json.dumps(_attempt(work, job)).encode("ascii"))


def _attempt(work: MarkJob, job: Job) -> dict[str, Any]:
    try:
        return {"verdict": work(job)}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}", "again": True}


def _end_with(parent: int) -> None:
    """Leave Ctrl-C to the parent, and end, tidily, when it asks or is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        raise SystemExit(1)


def _leave(*_: object) -> NoReturn:
    raise SystemExit(1)
