"""A search by Optuna (Akiba et al. 2019): several processes, on several machines too, may share one.

What was tried lies in a journal beside the runs, a line of JSON a step; whoever takes part reads what the
others found. Each trial is a run. A trial that was cut off is tried again with the same values.
"""

from __future__ import annotations

import json
import os
import platform
import random
import sys
import warnings
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import optuna
from optuna.samplers import BaseSampler, PartialFixedSampler, RandomSampler, TPESampler
from optuna.storages import JournalStorage
from optuna.storages.journal import (
    JournalFileBackend,
    JournalFileOpenLock,
    JournalFileSymlinkLock,
)
from optuna.trial import FrozenTrial, TrialState

from studio.graph.model import ProjectData
from studio.graph.values import Json
from studio.project import atomic, files, processes
from studio.training.commands import Commands
from studio.training.objectives import KINDS, context_of
from studio.training.objectives.kind import less_is_better
from studio.training.progress import EpochRecord, Progress
from studio.training.search.space import Choices, Range, Search, SearchError, Values, grid, with_values
from studio.training.settings import Settings, read
from studio.words import Message, NetloomError

if TYPE_CHECKING:
    from studio.training.run import RunResult

FOLDER = "searches"
GRACE_S = 10
"""after that a lock is of a process that was killed while it wrote a line"""
WORDS = {
    TrialState.COMPLETE: "done",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
    TrialState.RUNNING: "running",
}
SURPLUS, REASON, RUN, PROCESS = "surplus", "reason", "run", "process"


@dataclass(frozen=True, slots=True)
class Trial:
    """One trial as it is told. `state`: done, pruned (given up early), failed, running or "cut off"."""

    number: int
    state: str
    values: Values
    score: float | None
    run: str | None = None
    reason: Message | None = None
    epochs: int = 0

    def to_json(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "state": self.state,
            "values": dict(self.values),
            "score": self.score,
            "run": self.run,
            "reason": str(self.reason) if self.reason is not None else None,
            "epochs": self.epochs,
        }


@dataclass(slots=True)
class Told:
    """Who listens: each may be None."""

    trial: Callable[[Trial], object] = field(default=lambda trial: None)
    epoch: Callable[[int, EpochRecord, float], object] = field(default=lambda number, record, score: None)


class Study:
    """The search of one project for one space. Opened again, or elsewhere, it is the same one."""

    def __init__(self, project: ProjectData, search: Search, runs_folder: Path) -> None:
        self.project, self.search, self._runs = project, search, runs_folder
        settings = _settings(project)
        kind = KINDS[settings.objective]
        if not kind.comparable:
            raise SearchError(
                Message(
                    "A search compares runs by one figure, and none tells which {aim} is better. Train it "
                    "and look at what it makes.",
                    aim=kind.title,
                )
            )
        self.metric = search.metric or kind.metrics[0]
        self.minimised = less_is_better(self.metric)
        self._epochs = settings.epochs
        self.id = mark(project, search, self.metric)
        self.path = runs_folder / FOLDER / f"{self.id}.journal"
        self._points = _shuffled(grid(search.space), search.seed) if search.sampler == "grid" else []
        self._study = self._open()

    def _open(self) -> optuna.Study:
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            kind = JournalFileOpenLock if sys.platform == "win32" else JournalFileSymlinkLock
            lock = kind(str(self.path), GRACE_S)
            _mend(self.path, lock)
            storage = JournalStorage(JournalFileBackend(str(self.path), lock_obj=lock))
            return optuna.create_study(
                study_name=self.id,
                storage=storage,
                direction="minimize" if self.minimised else "maximize",
                load_if_exists=True,
                pruner=_pruner(self.search.pruner, self._epochs),
            )
        except (OSError, ValueError) as error:
            raise atomic.WriteError(
                Message(
                    "The search's journal {path} could not be opened: {reason}. Save the project where "
                    "you may write, or move the journal away to begin anew.",
                    path=self.path,
                    reason=error,
                )
            ) from error

    @property
    def target(self) -> int:
        """How many trials there are to be: of a grid no more than it has points."""
        return min(self.search.trials, len(self._points)) if self._points else self.search.trials

    # -- what is known ---------------------------------------------------------------------------

    def trials(self) -> list[Trial]:
        """Every trial that was begun, the first one first."""
        return [self._told(trial) for trial in self._begun()]

    def _begun(self) -> list[FrozenTrial]:
        found = self._study.get_trials(deepcopy=False)
        return [t for t in found if t.state != TrialState.WAITING and SURPLUS not in t.user_attrs]

    def _counted(self) -> list[FrozenTrial]:
        again = self._study.user_attrs
        return [t for t in self._begun() if _again_key(t.number) not in again]

    def _told(self, trial: FrozenTrial) -> Trial:
        attrs = trial.user_attrs
        state = WORDS[trial.state]
        if _again_key(trial.number) in self._study.user_attrs or (
            state == "running" and _is_gone(attrs.get(PROCESS))
        ):
            state = "cut off"
        reason = Message.from_json(attrs[REASON]) if REASON in attrs else None
        values = {key: _back(self.search.space[key], v) for key, v in trial.params.items()}
        score = trial.value
        if score is None and trial.intermediate_values:
            score = self._best_of(trial.intermediate_values.values())
        return Trial(
            trial.number, state, values, score, attrs.get(RUN), reason, len(trial.intermediate_values)
        )

    def _best_of(self, values: Iterable[float]) -> float:
        return min(values) if self.minimised else max(values)

    def best(self) -> Trial | None:
        """The best trial that was done to its end."""
        done = [trial for trial in self.trials() if trial.state == "done" and trial.score is not None]
        sign = -1.0 if self.minimised else 1.0
        return max(done, key=lambda trial: sign * (trial.score or 0.0), default=None)

    def importances(self) -> dict[str, float]:
        """How much each key matters for the score, in shares of 1 (PED-ANOVA); empty where few are done."""
        done = [trial for trial in self._begun() if trial.state == TrialState.COMPLETE]
        if len(done) < 4 or len({trial.value for trial in done}) < 2:
            return {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                evaluator = optuna.importance.PedAnovaImportanceEvaluator()
                found = optuna.importance.get_param_importances(self._study, evaluator=evaluator)
            except (ValueError, RuntimeError):
                return {}
        total = sum(found.values())
        return {key: share / total for key, share in found.items()} if total > 0 else {}

    # -- trying ----------------------------------------------------------------------------------

    def run(self, base: Path | None, commands: Commands, told: Told, device: str | None = None) -> None:
        """Tries until there are as many trials as wanted, or `commands` stop it."""
        self._bring_back()
        while not commands.stopping and len(self._counted()) < self.target:
            trial = self._ask()
            if trial is None:
                return
            told.trial(self._now(trial.number))
            self._try(trial, base, commands, told, device)
            told.trial(self._now(trial.number))

    def _now(self, number: int) -> Trial:
        return self._told(self._study.get_trials(deepcopy=False)[number])

    def _bring_back(self) -> None:
        """Values whose trial was cut off, because its process is gone, wait to be tried again."""
        for trial in self._begun():
            if trial.state == TrialState.RUNNING and _is_gone(trial.user_attrs.get(PROCESS)):
                self._again(trial.number, trial.params)

    def _again(self, number: int, params: Mapping[str, Any]) -> None:
        """Ends a trial that did not come to its end, and lets its values wait."""
        self._study.set_user_attr(_again_key(number), True)
        self._study.tell(number, state=TrialState.FAIL)
        if params:
            self._study.enqueue_trial(dict(params), skip_if_exists=False)

    def _ask(self) -> optuna.Trial | None:
        """The next trial with its values; None where others have begun as many as wanted meanwhile."""
        trial = self._study.ask()
        trial.set_user_attr(PROCESS, {"id": os.getpid(), "machine": platform.node()})
        place = sum(other.number < trial.number for other in self._counted())
        if place >= self.target:
            trial.set_user_attr(SURPLUS, True)
            self._study.tell(trial, state=TrialState.FAIL)
            return None
        self._study.sampler = self._sampler(trial.number, place)
        for key, what in self.search.space.items():
            _suggest(trial, key, what)
        return trial

    def _sampler(self, number: int, place: int) -> BaseSampler:
        """Seeded anew for each trial: two processes of one seed must not propose the same."""
        seed = zlib.crc32(f"{self.search.seed} {number}".encode())
        match self.search.sampler:
            case "grid":
                point = {k: _forth(v) for k, v in self._points[place].items()}
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # its interface may change; it is one line here
                    return PartialFixedSampler(point, RandomSampler(seed))
            case "random":
                return RandomSampler(seed)
        startup = max(3, min(10, self.target // 3))
        return TPESampler(seed=seed, n_startup_trials=startup, constant_liar=True)

    def _try(
        self, trial: optuna.Trial, base: Path | None, commands: Commands, told: Told, device: str | None
    ) -> None:
        progress, own = Progress(), Commands()
        reached: list[float] = []
        pruned = False

        def judge(record: EpochRecord) -> None:
            nonlocal pruned
            score = self._score(record)
            reached.append(score)
            trial.report(score, record.epoch)
            told.epoch(trial.number, record, score)
            if record.epoch < self._epochs and trial.should_prune():
                pruned = True
                own.stop()

        def begun(_: object) -> None:
            if progress.run is not None:
                trial.set_user_attr(RUN, progress.run.name)

        try:
            with commands.told(own.obey):
                self._train(trial, base, progress, own, judge, begun, device)
        except NetloomError as error:
            trial.set_user_attr(REASON, error.message.to_json())
            self._study.tell(trial, state=TrialState.FAIL)
            if isinstance(error, SearchError):
                raise
            return
        except BaseException:
            self._again(trial.number, trial.params)
            raise
        if pruned:
            self._study.tell(trial, state=TrialState.PRUNED)
        elif own.stopping:
            self._again(trial.number, trial.params)
        else:
            self._study.tell(trial, self._best_of(reached))

    def _train(
        self,
        trial: optuna.Trial,
        base: Path | None,
        progress: Progress,
        commands: Commands,
        judge: Callable[[EpochRecord], None],
        begun: Callable[[object], None],
        device: str | None,
    ) -> RunResult:
        from studio.training.run import train

        values = {key: _back(self.search.space[key], v) for key, v in trial.params.items()}
        made = with_values(self.project, values)
        group = {"id": f"search {self.id}", "kind": "search", "number": trial.number + 1, "of": self.target}
        return train(
            made,
            base,
            self._runs,
            progress,
            commands,
            judge,
            device,
            begun,
            group={**group, "values": values},
        )

    def _score(self, record: EpochRecord) -> float:
        if not record.validation:
            raise SearchError(
                Message("A search needs validation data. Give them a share: set data.split.validation.")
            )
        if self.metric not in record.validation:
            raise SearchError(
                Message(
                    "There is no metric {metric} here. Known: {known}. Set search.metric to one of them.",
                    metric=self.metric,
                    known=", ".join(record.validation),
                )
            )
        return float(record.validation[self.metric])


def mark(project: ProjectData, search: Search, metric: str) -> str:
    """What tells a search from another: the project but for what is searched and where cards lie, and how."""
    blank = with_values(project, {key: what.points()[0] for key, what in search.space.items()})
    table = json.loads(files.dumps(blank))
    table.pop("search", None)
    table.pop("view", None)
    for network in table.get("networks", {}).values():
        for node in network.get("nodes", []):
            node.pop("at", None)
    said = search.to_json()
    parts = [table, said["space"], metric, search.sampler, search.seed]
    return f"{zlib.crc32(json.dumps(parts, sort_keys=True).encode()):08x}"


def _settings(project: ProjectData) -> Settings:
    return read(project.training, context_of(project).task)


def _pruner(name: str, epochs: int) -> optuna.pruners.BasePruner:
    match name:
        case "median":
            return optuna.pruners.MedianPruner(n_startup_trials=4, n_warmup_steps=max(1, epochs // 5))
        case "hyperband":
            return optuna.pruners.HyperbandPruner(min_resource=1, max_resource=epochs, reduction_factor=3)
    return optuna.pruners.NopPruner()


def _mend(path: Path, lock: JournalFileOpenLock | JournalFileSymlinkLock) -> None:
    """Takes away a last line that a power cut left half-written: nothing behind it could be read."""
    if not path.is_file():
        return
    lock.acquire()
    try:
        with path.open("rb+") as file:
            content = file.read()
            if not content.endswith(b"\n"):
                file.truncate(content.rfind(b"\n") + 1)
    finally:
        lock.release()


def _again_key(number: int) -> str:
    return f"trial {number} is tried again"


def _suggest(trial: optuna.Trial, key: str, what: Range | Choices) -> None:
    if isinstance(what, Choices):
        trial.suggest_categorical(key, [_forth(v) for v in what.values])
    elif what.whole:
        step = int(what.step) if what.step is not None else 1
        trial.suggest_int(key, int(what.low), int(what.high), step=step, log=what.log)
    else:
        trial.suggest_float(key, what.low, what.high, step=what.step, log=what.log)


def _forth(value: Json) -> Any:
    """A choice as Optuna keeps it: lists and mappings as their text."""
    return value if value is None or isinstance(value, bool | int | float | str) else json.dumps(value)


def _back(what: Range | Choices, value: Any) -> Json:
    if isinstance(what, Choices):
        return next((v for v in what.values if _forth(v) == value), value)
    return value


def _shuffled(points: list[dict[str, Json]], seed: int) -> list[dict[str, Json]]:
    random.Random(seed).shuffle(points)
    return points


def _is_gone(process: Any) -> bool:
    """Whether the process of a trial has ended without a word; of one on another machine nothing is known."""
    if not isinstance(process, Mapping) or process.get("machine") != platform.node():
        return False
    return processes.runs(int(process["id"])) is False
