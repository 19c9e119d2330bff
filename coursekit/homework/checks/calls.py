"""Call modes: a plain call, tensors, a gradient, a module with given weights.

`call` asks one function in one of these modes. It is used alike on the student's
function, where that runs, and on the reference and the misconceptions, where the
answers are judged. torch is imported only by the modes that need it.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

Args = tuple[Any, ...]


@dataclass(frozen=True)
class PlainCall:
    """A call mode: the function is called, and what it returns is the answer."""


@dataclass(frozen=True)
class Tensors:
    """A call mode: as `PlainCall`, with each array given as a torch tensor.

    float64 arrays become float64 tensors.
    """


@dataclass(frozen=True)
class Gradient:
    """A call mode: as `Tensors`, and the answer is the gradient of what is returned.

    The function returns a single number, a tensor without dimensions; the answer is
    an array of the shape of the argument.

    Parameters
    ----------
    of
        The argument in which it is differentiated, counted from 0: an array of
        floats.
    weighted
        Whether what is returned has dimensions. The last of the case's arguments is
        then kept back: an array of weights of the same shape. The answer is the
        gradient of the sum of the result times the weights.
    """

    of: int = 0
    weighted: bool = False


@dataclass(frozen=True)
class Applied:
    """A call mode: the function builds a torch module, and the module is applied.

    The case's arguments are three: a tuple, with which the function is called; a
    dict, whose arrays are loaded into the module's parameters and buffers of these
    names; a tuple, to which the module is applied, its arrays as float64 tensors.

    Parameters
    ----------
    training
        Whether the module is applied as in training (``train()``, not ``eval()``).
    """

    training: bool = False


CallMode = PlainCall | Tensors | Gradient | Applied

PLAIN_CALL = PlainCall()
"""How functions are asked unless a case says otherwise."""


@dataclass(frozen=True)
class NoGradient:
    """There is no gradient of what the function returned.

    Parameters
    ----------
    reason
        "no tensor", "no number" (it has dimensions), "other shape" than expected,
        "detached" from the argument, or "numpy": numpy was called on a tensor that
        needs a gradient.
    detail
        The type, or the shape, that was returned instead; or "".
    """

    reason: str
    detail: str = ""


CUTS = frozenset({"no tensor", "detached", "numpy"})
"""Reasons for which a result has no gradient: something has cut it off."""


@dataclass(frozen=True)
class NotLoaded:
    """There is no module, or the weights do not fit into it.

    Parameters
    ----------
    reason
        "no module", "missing", "unexpected" or "shape".
    detail
        The type, or the names and shapes, that it is about.
    """

    reason: str
    detail: str = ""


class NoAnswerError(Exception):
    """Raised where a function was called and the question has no answer.

    Parameters
    ----------
    answer
        What is said instead.
    """

    def __init__(self, answer: NoGradient | NotLoaded) -> None:
        super().__init__(f"{answer.reason} {answer.detail}".strip())
        self.answer = answer


def encode(mode: CallMode) -> dict[str, Any]:
    """Return a call mode as plain data, to be sent.

    Parameters
    ----------
    mode
        How the function is called.

    Examples
    --------
    >>> encode(Gradient(of=1))
    {'mode': 'Gradient', 'of': 1, 'weighted': False}
    >>> decode(encode(Gradient(of=1))) == Gradient(of=1)
    True
    """
    return {"mode": type(mode).__name__, **vars(mode)}


def decode(data: Mapping[str, Any]) -> CallMode:
    """Return the call mode that `encode` wrote.

    Parameters
    ----------
    data
        From `encode`.

    Raises
    ------
    ValueError
        For a call mode that there is none of.
    """
    fields = {name: value for name, value in data.items() if name != "mode"}
    for kind in (PlainCall, Tensors, Gradient, Applied):
        if kind.__name__ == data["mode"]:
            return kind(**fields)
    raise ValueError(f"there is no call mode {data['mode']!r}")


def prepare(mode: CallMode) -> None:
    """Import what a call mode needs, so that no call's time is spent on it.

    Parameters
    ----------
    mode
        How the function is going to be called.
    """
    if isinstance(mode, Tensors | Gradient | Applied):
        importlib.import_module("torch")


def call(mode: CallMode, function: Callable[..., Any], args: Args) -> Any:
    """Return what a function answers when it is called in a mode.

    Parameters
    ----------
    mode
        How it is called.
    function
        Anybody's.
    args
        Plain data, as a case's `make` draws them. The function may change them.

    Returns
    -------
    Any
        The answer; None where the function, or the module, returned None.

    Raises
    ------
    NoAnswerError
        Where the result has no gradient, or the weights do not fit.

    Examples
    --------
    >>> call(Gradient(), lambda x: (x**2).sum(), (np.array([1.0, 3.0]),))
    tensor([2., 6.], dtype=torch.float64)
    """
    match mode:
        case Tensors():
            return function(*_tensors(args))
        case Gradient(of, weighted):
            given = args[:-1] if weighted else args
            weights = _tensors(args[-1]) if weighted else None
            return _gradient(function, _tensors(given), of, weights)
        case Applied(training):
            return _applied(function, args, training)
    return function(*args)


def name_of(mode: CallMode, name: str) -> str:
    """Return what the answer is called in a sentence.

    Parameters
    ----------
    mode, name
        How a function is called, and its name.

    Examples
    --------
    >>> name_of(Gradient(), "loss")
    'the gradient of loss'
    """
    before = {Gradient: "the gradient of ", Applied: "the output of "}
    return before.get(type(mode), "") + name


def _tensors(value: Any) -> Any:
    """Return plain data with its arrays as tensors that share their memory."""
    import torch

    if isinstance(value, np.ndarray):
        return torch.from_numpy(value)
    if type(value) is tuple:
        return tuple(map(_tensors, value))
    if type(value) is dict:
        return {name: _tensors(item) for name, item in value.items()}
    return value


# --- the gradient ---------------------------------------------------------------


def _gradient(
    function: Callable[..., Any], given: tuple[Any, ...], of: int, weights: Any
) -> Any:
    """Return the gradient of a result, or its weighted sum, in one of the arguments."""
    import torch

    given[of].requires_grad_()
    with torch.enable_grad():
        result = _without_numpy(function, given)
        if result is None:
            return None
        if not isinstance(result, torch.Tensor):
            raise NoAnswerError(NoGradient("no tensor", type(result).__name__))
        result = _number(result, weights)
        if not result.requires_grad:
            raise NoAnswerError(NoGradient("detached"))
        (found,) = torch.autograd.grad(result, given[of], allow_unused=True)
    if found is None:
        raise NoAnswerError(NoGradient("detached"))
    return found


def _number(result: Any, weights: Any) -> Any:
    """Return a result without dimensions, or the weighted sum of one with some."""
    shape = tuple(result.shape)
    if weights is None:
        if shape:
            raise NoAnswerError(NoGradient("no number", str(shape)))
        return result
    if shape != tuple(weights.shape):
        detail = f"{shape}, not {tuple(weights.shape)}"
        raise NoAnswerError(NoGradient("other shape", detail))
    return (result * weights).sum()


def _without_numpy(function: Callable[..., Any], given: tuple[Any, ...]) -> Any:
    """Call a function; say so where it hands to numpy what needs a gradient."""
    try:
        return function(*given)
    except RuntimeError as error:
        words = str(error)
        if "numpy()" in words and "requires grad" in words:
            raise NoAnswerError(NoGradient("numpy")) from error
        raise


# --- the module -----------------------------------------------------------------


def _applied(build: Callable[..., Any], args: Args, training: bool) -> Any:
    """Return what a module with given weights makes of given inputs."""
    import torch

    arguments, weights, inputs = args
    module = build(*_tensors(arguments))
    if not isinstance(module, torch.nn.Module):
        raise NoAnswerError(NotLoaded("no module", type(module).__name__))
    module = module.double()
    _load(module, _tensors(weights))
    module.train(training)
    with torch.no_grad():
        return module(*_tensors(inputs))


def _load(module: Any, weights: Mapping[str, Any]) -> None:
    """Load weights into a module that has just these names and shapes."""
    there = {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}
    wanted = {name: tuple(tensor.shape) for name, tensor in weights.items()}
    missing = [name for name in wanted if name not in there]
    unexpected = [name for name in there if name not in wanted]
    if missing:
        raise NoAnswerError(NotLoaded("missing", _names(missing)))
    if unexpected:
        raise NoAnswerError(NotLoaded("unexpected", _names(unexpected)))
    for name, shape in wanted.items():
        if there[name] != shape:
            detail = f"{name} has the shape {there[name]}, not {shape}"
            raise NoAnswerError(NotLoaded("shape", detail))
    module.load_state_dict(weights)


def _names(names: list[str]) -> str:
    """Return names with quotes, the first few of them."""
    return ", ".join(repr(str(name)[:40]) for name in names[:4])
