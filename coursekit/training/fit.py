"""The training loop of all models of the course: Adam, early stopping, checkpoints.

`fit` descends a loss for a fixed number of steps. The batch of step n depends on
the seed and on n alone, so that a run which was stopped goes on as if nothing had
happened, and gives the same weights. A checkpoint is a safetensors file: numbers
and text, no code.

With ``COURSE_FAST=1`` in the environment, which tests set, `fit` makes at most
`FAST_STEPS` steps.

Used by the lectures that train: 04 to 06, 09, 12, 15 to 18.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from coursekit.training.progress import progress_bar
from coursekit.training.weights import detached

FAST_STEPS = 10
"""Steps that `fit` makes at most where ``COURSE_FAST=1``."""

Batch = Any
SampleBatch = Callable[[np.random.Generator], Batch]
Loss = Callable[[Any, Batch, int], Mapping[str, Tensor]]


@dataclass(frozen=True)
class Settings:
    """Hyperparameters of a run: cosine schedule with warm-up, clipping, early stopping.

    Lectures 09 and 12.

    All of it goes into the card of the weights.

    Parameters
    ----------
    steps
        Number of gradient steps: fixed, so that a slow machine gets the same model.
    learning_rate
        Of Adam, at its highest.
    warm_up
        Steps over which it rises in a straight line from 0.
    final_lr_fraction
        Share of it that is left at the end; in between it falls as half a cosine.
    clip
        Longest gradient (the norm over all parameters); a longer one is scaled down.
    lr_multipliers
        Pairs of a name and a factor: parameters whose name contains it learn at so
        many times the rate.
    seed
        Of the batches and of whatever the model draws.
    check_every
        Steps between two calls of `validate`.
    patience
        Early stopping: checks without a new best value after which to stop; 0 never
        stops.
    save_every
        Steps between two checkpoints.
    device
        "auto" takes a GPU where there is one.
    progress
        Whether to show a bar.

    Examples
    --------
    >>> settings = Settings(100, learning_rate=1.0, warm_up=10, final_lr_fraction=0.1)
    >>> [round(settings.rate_at(n), 2) for n in (0, 9, 10, 55, 100)]
    [0.1, 1.0, 1.0, 0.55, 0.1]
    """

    steps: int
    learning_rate: float = 1e-3
    warm_up: int = 0
    final_lr_fraction: float = 0.02
    clip: float = math.inf
    lr_multipliers: tuple[tuple[str, float], ...] = ()
    seed: int = 0
    check_every: int = 100
    patience: int = 0
    save_every: int = 500
    device: str = "auto"
    progress: bool = True

    def __post_init__(self) -> None:
        if self.steps < 1 or not self.learning_rate > 0:
            raise ValueError(
                f"steps is {self.steps} and learning_rate {self.learning_rate}: "
                "both must be above 0"
            )

    def rate_at(self, step: int) -> float:
        """Return the learning rate of a step, from 0: warm-up, then half a cosine."""
        if step < self.warm_up:
            return self.learning_rate * (step + 1) / self.warm_up
        done = (step - self.warm_up) / max(1, self.steps - self.warm_up)
        fall = (1 + math.cos(math.pi * min(1.0, done))) / 2
        least = self.final_lr_fraction
        return self.learning_rate * (least + (1 - least) * fall)

    def resume_key(self) -> dict[str, Any]:
        """Return the settings that a checkpoint must share for a run to resume."""
        free = {"device", "progress", "save_every"}
        every = json.loads(json.dumps(asdict(self)))
        return {key: value for key, value in every.items() if key not in free}


@dataclass
class History:
    """The log of a run: the terms of the loss, the validation, the best step.

    Lectures 09 and 12.

    Parameters
    ----------
    terms
        For each term of the loss its value at each step.
    checks
        Pairs of a step and what `validate` returned after it.
    best_step
        After how many steps the weights were taken that the model now has.

    Examples
    --------
    >>> history = History({"time": [4.0, 2.0, 1.0, 1.0]})
    >>> history.steps, history.mean("time", last=2)
    (4, 1.0)
    """

    terms: dict[str, list[float]] = field(default_factory=dict)
    checks: list[list[float]] = field(default_factory=list)
    best_step: int = 0

    @property
    def steps(self) -> int:
        """Number of steps made."""
        return max((len(values) for values in self.terms.values()), default=0)

    def mean(self, term: str, last: int = 50) -> float:
        """Return the mean of a term over the last steps."""
        return float(np.mean(self.terms[term][-last:]))


def fit(
    model: nn.Module,
    sample_batch: SampleBatch,
    loss: Loss,
    settings: Settings,
    validate: Callable[[Any], float] | None = None,
    checkpoint: Path | str | None = None,
) -> History:
    """Train a model by Adam: gradient clipping, early stopping, checkpoints to resume.

    Lectures 09 and 12.

    Parameters
    ----------
    model
        Changed in place. Comes back in evaluation mode, on the device it was trained
        on, with the last weights, or with the best ones where there is a `validate`.
    sample_batch
        Makes one batch, a tensor or a tuple of tensors, from a random generator. It
        gets a fresh one at each step, made from the seed and the step.
    loss
        ``loss(model, batch, step)`` returns named terms; their sum is descended, and
        each is logged. A term without gradient is logged only.
    settings
        See `Settings`.
    validate
        Returns what should become small, on material not trained on.
    checkpoint
        Where to keep the state. If the file is there, the run goes on from it.

    Returns
    -------
    history
        See `History`.

    Raises
    ------
    ValueError
        Where the checkpoint is of a run with other settings or another model.
    FloatingPointError
        Where the loss is not finite: training has diverged.

    Notes
    -----
    D. P. Kingma and J. Ba, "Adam", ICLR 2015.

    Examples
    --------
    >>> line = nn.Linear(1, 1)
    >>> def sample_batch(rng):
    ...     return torch.from_numpy(rng.standard_normal((8, 1))).float()
    >>> def loss(model, x, step):
    ...     return {"squared": (model(x) - 3 * x).square().mean()}
    >>> history = fit(line, sample_batch, loss, Settings(200, 0.1, progress=False))
    >>> fast = os.environ.get("COURSE_FAST") == "1"
    >>> fast or round(line.weight.item(), 1) == 3.0
    True
    """
    run = _Run(model, settings)
    path = None if checkpoint is None else Path(checkpoint)
    if path is not None and path.exists():
        run.load(path)
    last = _steps(settings)
    bar = progress_bar(last, run.step, settings.progress)
    with bar, torch.random.fork_rng():
        while run.step < last and not run.out_of_patience():
            rng = np.random.default_rng((settings.seed, run.step))
            torch.manual_seed(int(rng.integers(2**31)))
            batch = _moved(sample_batch(rng), run.device)
            bar.set_postfix_str(run.descend(loss(model, batch, run.step)))
            bar.update()
            if validate is not None and run.due(settings.check_every, last):
                run.check(validate)
            if path is not None and run.step % settings.save_every == 0:
                run.save(path)
    if path is not None:
        run.save(path)
    run.finish()
    return run.history


class _Run:
    """The state of a run: what a checkpoint holds."""

    def __init__(self, model: nn.Module, settings: Settings) -> None:
        self.settings, self.device = settings, _device(settings.device)
        self.model = model.to(self.device).train()
        self.optimiser = torch.optim.Adam(_groups(model, settings))
        self.step, self.history = 0, History()
        self.best: dict[str, Tensor] = {}
        self.best_value = math.inf

    def descend(self, terms: Mapping[str, Tensor]) -> str:
        """Take one step and return a line on it."""
        total = sum(terms.values(), torch.zeros((), device=self.device))
        if not torch.isfinite(total):
            values = {name: term.item() for name, term in terms.items()}
            raise FloatingPointError(
                f"the loss is {values} at step {self.step}: training has diverged; "
                "lower the learning rate or clip the gradient"
            )
        self.optimiser.zero_grad(set_to_none=True)
        total.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), self.settings.clip)
        for group in self.optimiser.param_groups:
            group["lr"] = self.settings.rate_at(self.step) * group["factor"]
        self.optimiser.step()
        self.step += 1
        for name, term in terms.items():
            self.history.terms.setdefault(name, []).append(round(term.item(), 6))
        return " ".join(f"{name} {term.item():.3g}" for name, term in terms.items())

    def due(self, every: int, last: int) -> bool:
        return self.step % every == 0 or self.step == last

    def check(self, validate: Callable[[Any], float]) -> None:
        """Measure, and keep the weights if they are the best so far."""
        self.model.eval()
        with torch.no_grad():
            value = float(validate(self.model))
        self.model.train()
        self.history.checks.append([self.step, value])
        if value < self.best_value:
            self.best_value, self.history.best_step = value, self.step
            self.best = detached(self.model.state_dict())

    def out_of_patience(self) -> bool:
        patience = self.settings.patience
        since = [s for s, _ in self.history.checks if s > self.history.best_step]
        return patience > 0 and len(since) >= patience

    def finish(self) -> None:
        if self.best:
            self.model.load_state_dict(self.best)
        else:
            self.history.best_step = self.step
        self.model.eval()

    def save(self, path: Path) -> None:
        tensors = {f"model/{k}": v for k, v in self.model.state_dict().items()}
        tensors |= {f"best/{k}": v for k, v in self.best.items()}
        for i, state in self.optimiser.state_dict()["state"].items():
            tensors |= {f"adam/{i}/{k}": v for k, v in state.items()}
        about = {
            "step": self.step,
            "best_value": self.best_value,
            "history": asdict(self.history),
            "settings": self.settings.resume_key(),
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        save_file(detached(tensors), part, metadata={"run": json.dumps(about)})
        part.replace(path)

    def load(self, path: Path) -> None:
        about, tensors = _read_checkpoint(path)
        if about["settings"] != self.settings.resume_key():
            raise ValueError(
                f"{path} is a checkpoint of a run with other settings; "
                "delete it to begin anew, or give the old settings"
            )
        groups = _by_prefix(tensors)
        try:
            self.model.load_state_dict(groups.get("model", {}))
        except RuntimeError as error:
            raise ValueError(f"{path} is of another model: {error}") from error
        self.best = groups.get("best", {})
        self.optimiser.load_state_dict(self._adam(groups.get("adam", {})))
        self.step, self.best_value = about["step"], about["best_value"]
        self.history = History(**about["history"])

    def _adam(self, flat: Mapping[str, Tensor]) -> dict[str, Any]:
        state: dict[int, dict[str, Tensor]] = {}
        for key, value in flat.items():
            i, name = key.split("/", 1)
            state.setdefault(int(i), {})[name] = value
        return {**self.optimiser.state_dict(), "state": state}


# --- batches --------------------------------------------------------------------


@dataclass(frozen=True)
class Crops:
    """Draws batches of random crops of sounds: each sound as often as it is long.

    Lectures 09 and 12.

    Parameters
    ----------
    sounds
        Arrays ``(samples,)``, all of one rate.
    samples
        Length of a piece; shorter sounds are filled up with zeros.
    batch
        Number of pieces.

    Raises
    ------
    ValueError
        Where there is no sound.

    Examples
    --------
    >>> sample_batch = Crops([np.arange(10.0), np.arange(20.0)], samples=4, batch=3)
    >>> sample_batch(np.random.default_rng(0)).shape  # batch, channel, time
    torch.Size([3, 1, 4])
    """

    sounds: Sequence[np.ndarray[Any, np.dtype[Any]]]
    samples: int
    batch: int

    def __post_init__(self) -> None:
        if not self.sounds:
            raise ValueError("there are no sounds to draw from")

    def __call__(self, rng: np.random.Generator) -> Tensor:
        """Return a batch, float32 ``(batch, 1, samples)``."""
        lengths = np.array([len(x) for x in self.sounds], float)
        chosen = rng.choice(len(self.sounds), self.batch, p=lengths / lengths.sum())
        pieces = np.stack([self._piece(self.sounds[i], rng) for i in chosen])
        return torch.from_numpy(pieces[:, None]).float()

    def _piece(self, x: Any, rng: np.random.Generator) -> Any:
        start = rng.integers(max(1, len(x) - self.samples + 1))
        piece = np.zeros(self.samples)
        part = x[start : start + self.samples]
        piece[: len(part)] = part
        return piece


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Let torch draw from a seed within a block, and leave no trace of it.

    Lectures 09 and 12.

    Models draw their first weights from torch's global generator.

    Examples
    --------
    >>> with seeded(1):
    ...     a = nn.Linear(2, 2)
    >>> with seeded(1):
    ...     b = nn.Linear(2, 2)
    >>> bool(torch.equal(a.weight, b.weight))
    True
    """
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        yield


# --- small things ---------------------------------------------------------------


def _steps(settings: Settings) -> int:
    fast = os.environ.get("COURSE_FAST") == "1"
    return min(settings.steps, FAST_STEPS) if fast else settings.steps


def _device(name: str) -> torch.device:
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)


def _groups(model: nn.Module, settings: Settings) -> list[dict[str, Any]]:
    """Sort parameters by how fast they learn."""
    by_factor: dict[float, list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            factors = [f for part, f in settings.lr_multipliers if part in name]
            by_factor.setdefault(math.prod(factors), []).append(parameter)
    return [{"params": ps, "factor": f} for f, ps in by_factor.items()]


def _moved(batch: Batch, device: torch.device) -> Batch:
    if isinstance(batch, Tensor):
        return batch.to(device)
    return tuple(part.to(device) for part in batch)


def _read_checkpoint(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    try:
        with safe_open(path, framework="pt") as file:
            about = json.loads(file.metadata()["run"])
        return about, load_file(path)
    except (SafetensorError, TypeError, KeyError, ValueError) as error:
        raise ValueError(f"{path} is no checkpoint: {error}; delete it") from error


def _by_prefix(tensors: Mapping[str, Tensor]) -> dict[str, dict[str, Tensor]]:
    groups: dict[str, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        prefix, name = key.split("/", 1)
        groups.setdefault(prefix, {})[name] = value
    return groups
