"""Weights come with a card, and are the ones that the card describes."""

import hashlib

import pytest
import torch
from torch import nn

from coursekit import training
from coursekit.training import load_weights, save_weights


def line(seed):
    with training.seeded(seed):
        return nn.Linear(2, 1)


def test_weights_come_back_with_their_card_and_no_others_do(tmp_path):
    model, path = line(1), tmp_path / "line.safetensors"
    card = {
        "steps": 3,
        "data": "né",
        "codec": {"strides": [4, 2], "clip": float("inf")},
    }
    save_weights(model, path, card)
    other = line(2)
    read = load_weights(other, path)
    assert torch.equal(model.weight, other.weight)
    assert read.pop("sha256") == hashlib.sha256(path.read_bytes()).hexdigest()
    assert read == card
    with pytest.raises(ValueError, match=r"line.safetensors does not fit the model"):
        load_weights(nn.Linear(3, 3), path)
    path.write_bytes(path.read_bytes()[:-1] + b"\0\0")
    with pytest.raises(ValueError, match="is not the file that its card describes"):
        load_weights(other, path)
