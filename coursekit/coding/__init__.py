"""Codecs, learnt and traditional: from a sound to bytes and back, and what it costs.

Lectures 09 and 12.
"""

from coursekit.coding.autoencoder import WaveCodec, WaveSettings
from coursekit.coding.bitstream import (
    StreamError,
    SymbolCost,
    SymbolReader,
    SymbolWriter,
    read_stream,
    write_stream,
)
from coursekit.coding.codec import Codec
from coursekit.coding.curves import Saving, curve_of, saving
from coursekit.coding.entropy import EntropyModel, RateControl, entropy
from coursekit.coding.evaluation import (
    CodecScore,
    at_equal_bytes,
    is_evidence,
    kbps_for,
    mean_saving,
    measure,
    score,
    silence,
)
from coursekit.coding.learn import (
    MdctPlan,
    WavePlan,
    train_mdct,
    train_wave,
)
from coursekit.coding.masked_mdct import FlatMdctCodec, MaskedMdctCodec
from coursekit.coding.mdct import imdct, mdct, mdct_window
from coursekit.coding.mdct_net import MdctCodec, MdctSettings
from coursekit.coding.neural import Coded, NeuralCodec
from coursekit.coding.objectives import OBJECTIVES
from coursekit.coding.quantise import (
    SoftToHard,
    round_through,
    soft_assignment,
    softness,
)
from coursekit.coding.traditional import Flac, Mp3, Opus

__all__ = [
    "OBJECTIVES",
    "Codec",
    "CodecScore",
    "Coded",
    "EntropyModel",
    "Flac",
    "FlatMdctCodec",
    "MaskedMdctCodec",
    "MdctCodec",
    "MdctPlan",
    "MdctSettings",
    "Mp3",
    "NeuralCodec",
    "Opus",
    "RateControl",
    "Saving",
    "SoftToHard",
    "StreamError",
    "SymbolCost",
    "SymbolReader",
    "SymbolWriter",
    "WaveCodec",
    "WavePlan",
    "WaveSettings",
    "at_equal_bytes",
    "curve_of",
    "entropy",
    "imdct",
    "is_evidence",
    "kbps_for",
    "mdct",
    "mdct_window",
    "mean_saving",
    "measure",
    "read_stream",
    "round_through",
    "saving",
    "score",
    "silence",
    "soft_assignment",
    "softness",
    "train_mdct",
    "train_wave",
    "write_stream",
]
