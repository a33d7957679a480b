"""Training of many runs on a SLURM cluster, as one job array that submitit submits.

The run folders, on a disk that all machines share, are the only state: a job trains its run as `zoo train` does, and
resumes it if it was trained before. The folder ``jobs`` beside them has what submitit writes: the script, the
arguments and the log of each job.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Any, Literal

from semeval_emo.errors import EmoError, InputError
from semeval_emo.locks import lock_holder
from semeval_emo.progress import Progress
from semeval_emo.task import Task
from semeval_emo.zoo.requirements import require
from semeval_emo.zoo.runs.folder import LOCK, locked, resolve_task, task_runs
from semeval_emo.zoo.training.array import ArrayTask
from semeval_emo.zoo.training.outcome import SIGNALLED, Outcome, existing_run, plan, planned, record_failure
from semeval_emo.zoo.training.tracking import check_tracker
from semeval_emo.zoo.training.worker_pool import THREADS, Failure, WorkItem, train_language

JOBS = "jobs"
# A job that reaches its time limit resumes in the next one, this often at most.
MOST_REQUEUES = 20
EXTRA = "cluster"
# Variables of the threads of a job, and what srun needs since SLURM 22.05 to give a step all cores of its job.
SETUP = (
    *(f"export {name}=$SLURM_CPUS_PER_TASK" for name in THREADS),
    "export SRUN_CPUS_PER_TASK=$SLURM_CPUS_PER_TASK",
)
LOG = logging.getLogger("semeval_emo")


@dataclass(frozen=True)
class JobArray:
    """A job array.

    Attributes:
        job: its number; empty if there was nothing to submit.
        jobs: the number of its jobs.
        logs: the folder of their logs.
        submitted, finished, in_training: the runs, by what happened to them.
    """

    job: str
    jobs: int
    logs: Path
    submitted: tuple[Outcome, ...]
    finished: tuple[Outcome, ...]
    in_training: tuple[Outcome, ...]

    @property
    def folders(self) -> list[Path]:
        """The folders of the recipes, each with the runs of one random seed."""
        outcomes = (*self.submitted, *self.finished, *self.in_training)
        return list(dict.fromkeys(outcome.folder.path.parent for outcome in outcomes))

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, ``semeval-emo/zoo-train-jobs/1``."""
        return {
            "schema": "semeval-emo/zoo-train-jobs/1",
            "job": self.job,
            "jobs": self.jobs,
            "logs": str(self.logs),
            **{
                name: [str(outcome.folder.path) for outcome in getattr(self, name)]
                for name in ("submitted", "finished", "in_training")
            },
        }


@dataclass(frozen=True)
class ClusterJob:
    """What one job does: train the runs of an `ArrayTask` one after the other.

    submitit calls it, and `checkpoint` before it requeues the job.
    """

    item: WorkItem
    languages: tuple[str, ...]

    def __call__(self) -> None:
        """Train the runs; a failure is recorded in its run folder, and the others are trained.

        Raises:
            EmoError: a run failed or was stopped, so that SLURM lists the job as failed.
        """
        import submitit

        LOG.addHandler(logging.StreamHandler())
        LOG.setLevel(logging.INFO)
        item, failed = self.item, []
        assert isinstance(item.task, Task)
        log = str(submitit.JobEnvironment().paths.stdout)
        with _requeue_at_time_limit() as requeue:
            for language in self.languages:
                LOG.info("%s: %s", item.recipe.run_name, language)
                result = train_language(item, language, LogProgress())
                requeue()
                if isinstance(result, Failure):
                    LOG.error("error: %s%s", result.message, f"\n  fix: {result.fix}" if result.fix else "")
                    outcome = planned(item.recipe, item.task, item.track, language, item.runs)
                    record_failure(replace(outcome, failure=result), item.recipe, item.task, log)
                    failed += [] if result.in_progress else [language]
                    if result.exit_code >= SIGNALLED:
                        break
        if failed:
            raise EmoError(f"{item.recipe.run_name}: not finished: {', '.join(failed)}.")

    def checkpoint(self) -> Any:
        """Return what the requeued job does: the same, since its run folder has the checkpoint."""
        from submitit.helpers import DelayedSubmission

        return DelayedSubmission(self)


@contextmanager
def _requeue_at_time_limit() -> Iterator[Callable[[], None]]:
    """Save a checkpoint when SLURM announces the time limit, before submitit requeues the job.

    submitit's own handler of that signal ends the process at once, which loses the steps since the last checkpoint.

    Yields:
        A function that requeues the job and ends this process if the limit was announced.
    """
    number = getattr(signal, "SIG" + os.environ.get("SUBMITIT_PREEMPT_SIGNAL", "USR2"))
    submitits, outside = signal.getsignal(number), signal.getsignal(signal.SIGTERM)
    announced = False

    def stop(received: int, frame: FrameType | None) -> None:
        nonlocal announced
        announced = True
        # During training, another handler saves a checkpoint and stops (`TrainingRun.handle_signals`).
        if signal.getsignal(signal.SIGTERM) is outside:
            requeue()
        else:
            os.kill(os.getpid(), signal.SIGTERM)

    def requeue() -> None:
        if announced and callable(submitits):
            submitits(number, None)

    signal.signal(number, stop)
    try:
        yield requeue
    finally:
        signal.signal(number, submitits)


class LogProgress(Progress):
    """Progress callback of a job: writes stages, epochs and messages to its log."""

    def start(self, name: str, total: int, done: int = 0) -> None:
        """Log the start of a stage."""
        LOG.info("%s", name)

    def epoch(self, row: dict[str, Any]) -> None:
        """Log the metrics of an epoch."""
        LOG.info("%s", row)

    def message(self, text: str) -> None:
        """Log a message."""
        LOG.info("%s", text)


def submit(
    tasks: Sequence[ArrayTask],
    options: Mapping[str, Any],
    *,
    track: str,
    task: Task | str | None,
    runs: Path,
    source: str | os.PathLike[str] | None = None,
    fresh: bool = False,
    parallel: int | None = None,
    log_to: str | None = None,
    engine: Literal["slurm", "local"] = "slurm",
) -> JobArray:
    """Submit one job per task, as an array; runs that are finished or in training are left out.

    Args:
        options: of `slurm_options`.
        fresh: delete the runs first.
        parallel: how many jobs may run at a time.
        log_to: experiment tracker of all runs, as in `tracking.TrackerName`.
        engine: ``local`` runs the jobs on this machine, without SLURM.

    Raises:
        MissingExtra: submitit is not installed.
        InputError: there is no SLURM here, it refuses the jobs, or the tracker is not installed.
        Locked: with `fresh`, a process trains one of the runs.
    """
    require(["submitit"], "Training on a cluster", EXTRA)
    check_tracker(log_to)
    if engine == "slurm" and (shutil.which("sbatch") is None or shutil.which("srun") is None):
        raise InputError(
            "SLURM is not installed here: there is no command sbatch.",
            "run this on a login node of the cluster, or train on this machine: --on local",
        )
    known = resolve_task(task, source)
    jobs, submitted, finished, in_training = [], [], [], []
    for part in tasks:
        languages = []
        for language in part.languages:
            outcome = planned(part.recipe, known, track, language, runs)
            if fresh and outcome.folder.path.is_dir():
                with locked(outcome.folder.path):
                    outcome.folder.clear()
            if existing_run(outcome, part.recipe, known) is not None:
                finished.append(outcome)
            elif lock_holder(outcome.folder.path / LOCK) is not None:
                in_training.append(outcome)
            else:
                plan(outcome, part.recipe, known)
                submitted.append(outcome)
                languages.append(language)
        if languages:
            # Not fresh, because a requeued job resumes.
            place = None if source is None else os.fspath(source)
            item = WorkItem(part.recipe, track, place, known, runs, fresh=False, log_to=log_to)
            jobs.append(ClusterJob(item, tuple(languages)))
    logs = task_runs(runs, known.key) / tasks[0].recipe.run_name / JOBS
    number = _submit(jobs, options, logs, parallel, engine) if jobs else ""
    return JobArray(number, len(jobs), logs, tuple(submitted), tuple(finished), tuple(in_training))


def _submit(
    jobs: Sequence[ClusterJob], options: Mapping[str, Any], logs: Path, parallel: int | None, engine: str
) -> str:
    """Submit jobs; return the number of the array."""
    import submitit
    from submitit.core.utils import FailedJobError, FailedSubmissionError

    if engine == "local":
        executor: Any = submitit.LocalExecutor(folder=logs)
        executor.update_parameters(timeout_min=options["time"], stderr_to_stdout=True)
    else:
        executor = submitit.SlurmExecutor(folder=logs, max_num_timeout=MOST_REQUEUES)
        named = {"job_name": f"semeval-emo {jobs[0].item.recipe.name}"} | dict(options)
        executor.update_parameters(
            time=named.pop("time"), cpus_per_task=named.pop("cpus_per_task"), job_name=named.pop("job_name"),
            array_parallelism=parallel or len(jobs), setup=list(SETUP), stderr_to_stdout=True,
            additional_parameters={"requeue": True} | {name: _flag(value) for name, value in named.items()},
        )  # fmt: skip
    try:
        submitted = executor.submit_array(jobs)
    except (FailedJobError, FailedSubmissionError) as error:
        lines = [line.removeprefix("sbatch: ").removeprefix("error: ") for line in str(error).splitlines()]
        raise InputError(
            f"SLURM refused the jobs: {' '.join(lines) or 'sbatch failed'}.".replace("..", "."),
            "change the options with --slurm KEY=VALUE, such as partition and account",
        ) from error
    return str(submitted[0].job_id).partition("_")[0]


def _flag(value: Any) -> Any:
    """Return the value of an option; ``true`` stands for an option without a value."""
    return True if value == "true" else value
