"""The weights that ship with the course, each with a card.

`save_weights` puts a trained model beside the course, with a card that says how it
was made; `load_weights` gets it back, and refuses a file that is not the one on the
card.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save
from torch import Tensor, nn

WEIGHTS = Path(__file__).parents[1] / "weights"
"""The folder of the weights that ship with the course."""

Card = Mapping[str, Any]


def weights_path(name: str) -> Path:
    """Return where the weights of a name ship; the card lies beside them.

    Lectures 09 and 12.

    Examples
    --------
    >>> weights_path("wave").name
    'wave.safetensors'
    """
    return WEIGHTS / f"{name}.safetensors"


def save_weights(model: nn.Module, path: Path | str, card: Card) -> Path:
    """Write a model's weights, and beside them a card that says what they are.

    Lectures 09 and 12.

    Parameters
    ----------
    model
        Whose parameters and buffers are kept.
    path
        Of the weights, ``….safetensors``; the card has the ending ``.toml``.
    card
        Tables of plain values: configuration, steps, data, figures reached. The
        file's sha256 is added.

    Returns
    -------
    path
        Of the card.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "line.safetensors"
    ...     card = save_weights(nn.Linear(1, 1), path, {"steps": 3})
    ...     load_weights(nn.Linear(1, 1), path)["steps"]
    3
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(save(detached(model.state_dict())))
    beside = path.with_suffix(".toml")
    text = _toml({**card, "sha256": _sha256(path)})
    beside.write_text(text, encoding="utf-8")
    return beside


def read_card(path: Path | str) -> dict[str, Any]:
    """Return the card beside weights.

    Lectures 09 and 12.

    Raises
    ------
    FileNotFoundError
        Where there is none.
    """
    return tomllib.loads(Path(path).with_suffix(".toml").read_text(encoding="utf-8"))


def load_weights(model: nn.Module, path: Path | str) -> dict[str, Any]:
    """Load weights into a model, in place, and return their card.

    Lectures 09 and 12.

    Raises
    ------
    FileNotFoundError
        Where the weights or the card are missing.
    ValueError
        Where the file is not the one that the card describes, or does not fit the
        model.
    """
    card, path = read_card(path), Path(path)
    if _sha256(path) != card["sha256"]:
        raise ValueError(
            f"{path.name} is not the file that its card describes; restore both from "
            "the repository or train anew"
        )
    try:
        model.load_state_dict(load_file(path))
    except RuntimeError as error:
        raise ValueError(f"{path.name} does not fit the model: {error}") from error
    return card


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _toml(card: Card) -> str:
    """Write plain values first, then one table for each mapping."""
    plain = {k: v for k, v in card.items() if not isinstance(v, Mapping)}
    lines = [f"{k} = {_toml_value(v)}" for k, v in plain.items()]
    for name, table in card.items():
        if isinstance(table, Mapping):
            lines += ["", f"[{name}]"]
            lines += [f"{k} = {_toml_value(v)}" for k, v in table.items()]
    return "\n".join(lines) + "\n"


def _toml_value(value: Any) -> str:
    """JSON's text, numbers, booleans and lists are TOML too, but for infinity."""
    text = json.dumps(value, ensure_ascii=False)
    return "inf" if text == "Infinity" else text


def detached(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return copies of the same shape without gradients, as safetensors wants them."""
    return {k: v.detach().clone().contiguous() for k, v in tensors.items()}
