"""Codecs that nobody trained: MP3, Opus and FLAC, as libsndfile writes them.

They answer to the same two methods as the learnt ones, ``encode(x) -> bytes`` and
``decode(bytes) -> x``, so that one loop measures them all. What comes back is as long
as what went in and stands at the same place, which takes some care: an MP3 begins
with a silence of its coder's making, and whether the decoder takes it out again
depends on the bit rate. So the delay is measured, with a probe, and travels in a
header of twelve bytes.

Taught in lecture 09; lecture 12 sets them beside the learnt codec.
"""

from __future__ import annotations

import io
import struct
import zlib
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
import soundfile
from numpy.typing import ArrayLike, NDArray
from scipy.signal import correlate, correlation_lags

from coursekit import audio
from coursekit.coding.bitstream import StreamError

Audio = NDArray[np.float64]

MP3_BITRATES = {
    2: (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    1: (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
}
"""The bit rates of Layer III in kbit/s, by the version of MPEG."""

MP3_RATES = {2: (16_000, 22_050, 24_000), 1: (32_000, 44_100, 48_000)}
"""The sampling rates of Layer III in Hz, by the version of MPEG."""

OPUS_RATES = (8_000, 12_000, 16_000, 24_000, 48_000)
"""The sampling rates that Opus takes, in Hz; others are converted on the way."""

_HEADER = struct.Struct("<IhH")  # samples, delay, kind of codec
_CHECK = struct.Struct("<I")  # CRC-32 of all the rest
_SPARE = 64  # samples that may lack at the end, by rounding of a resampler


class FileCodec(ABC):
    """A codec of libsndfile behind the two methods of this course.

    Subclasses say how a file is written. The stream is that file after a header:
    a CRC-32, the number of samples, the delay in samples and the codec's number.

    Lecture 09.
    """

    rate: int
    number: ClassVar[int]

    @property
    @abstractmethod
    def name(self) -> str:
        """What tables and figures call the codec."""

    @abstractmethod
    def file(self, x: Audio) -> bytes:
        """Return the plain file of a sound ``(samples,)``, which any player opens."""

    def encode(self, x: ArrayLike) -> bytes:
        """Return the bytes of a sound.

        Parameters
        ----------
        x
            ``(samples,)`` at the codec's `rate`, within ±1.

        Returns
        -------
        stream
            A header of 12 bytes, and the file.

        Raises
        ------
        ValueError
            Where `x` is not one finite channel within ±1, or holds no sample.
        """
        x = checked_sound(x)
        stream = _HEADER.pack(len(x), delay(self), self.number) + self.file(x)
        return _CHECK.pack(zlib.crc32(stream)) + stream

    def decode(self, stream: bytes) -> Audio:
        """Return the sound of a stream, as long as the original and in line with it.

        Parameters
        ----------
        stream
            What `encode` of a codec of the same kind and rate returned.

        Returns
        -------
        ndarray
            float64 ``(samples,)``; a lossy codec may go a little beyond ±1.

        Raises
        ------
        StreamError
            Where the stream is cut short, was changed, or is another codec's.
        """
        samples, lag, number, file = _opened(stream)
        if number != self.number:
            raise StreamError(
                f"the stream is not {type(self).__name__}'s: decode it with the codec "
                "that made it"
            )
        return _in_line(self._read(file), samples, lag)

    def _read(self, file: bytes) -> Audio:
        try:
            y, rate = soundfile.read(io.BytesIO(file), dtype="float64")
        except soundfile.LibsndfileError as error:
            raise StreamError(f"the stream holds no file to read: {error}") from error
        if rate != self._file_rate:
            raise StreamError(
                f"the stream is at {rate} Hz and this codec at {self._file_rate} Hz: "
                "decode it with the codec that made it"
            )
        return y if rate == self.rate else audio.resample(y, rate, self.rate)

    @property
    def _file_rate(self) -> int:
        return self.rate


@dataclass(frozen=True)
class Mp3(FileCodec):
    """MPEG-1 and MPEG-2 Layer III, by LAME, at a constant bit rate.

    Parameters
    ----------
    kbps
        Bit rate in kbit/s, one of `MP3_BITRATES`: 8 to 160 for sampling rates up to
        24 kHz, 32 to 320 above.
    rate
        Sampling rate in Hz, one of `MP3_RATES`.

    Raises
    ------
    ValueError
        Where MP3 has no such rate or bit rate.

    Notes
    -----
    ISO/IEC 11172-3 and 13818-3. The coder starts late by 1105 samples. It says so in
    a first frame of its own, where that fits: at 16 kHz it does from 40 kbit/s on, and
    the decoder then takes the delay out. Below, the file is late and too long, and an
    error measured without looking is that of two sounds out of step. Lecture 09.

    Examples
    --------
    >>> x = 0.1 * np.sin(0.1 * np.arange(16_000))
    >>> codec = Mp3(32)
    >>> stream = codec.encode(x)
    >>> codec.name, len(stream), codec.decode(stream).shape
    ('MP3 32', 4332, (16000,))
    """

    kbps: int
    rate: int = 16_000
    number: ClassVar[int] = 1

    def __post_init__(self) -> None:
        versions = [v for v, rates in MP3_RATES.items() if self.rate in rates]
        if not versions:
            every = sorted(MP3_RATES[2] + MP3_RATES[1])
            raise ValueError(
                f"MP3 has no sampling rate of {self.rate} Hz; take one of {every}"
            )
        if self.kbps not in MP3_BITRATES[versions[0]]:
            raise ValueError(
                f"at {self.rate} Hz MP3 has no bit rate of {self.kbps} kbit/s; take "
                f"one of {MP3_BITRATES[versions[0]]}"
            )

    @property
    def name(self) -> str:
        """ "MP3" and the bit rate in kbit/s."""
        return f"MP3 {self.kbps}"

    def file(self, x: Audio) -> bytes:
        """Return the sound ``(samples,)`` as an ``.mp3`` file."""
        least, *_, most = MP3_BITRATES[1 if self.rate >= 32_000 else 2]
        # libsndfile maps 0 … 1 to most … least and refuses an exact 1.
        level = (most - max(self.kbps, least + 0.5)) / (most - least)
        return _written(
            x, self.rate, format="MP3", subtype="MPEG_LAYER_III",
            compression_level=level, bitrate_mode="CONSTANT",
        )  # fmt: skip


@dataclass(frozen=True)
class Opus(FileCodec):
    """Opus in an Ogg file, at a variable bit rate around the one asked for.

    Parameters
    ----------
    kbps
        The bit rate aimed at in kbit/s, 6 to 256. The file takes about 1 kbit/s more
        for its container, and speech and music differ: quote the bytes.
    rate
        Sampling rate in Hz. Opus itself knows `OPUS_RATES`; a sound of another rate
        is resampled to 48 kHz and back.

    Raises
    ------
    ValueError
        Where the bit rate is outside 6 to 256, or the rate above 48 kHz.

    Notes
    -----
    RFC 6716. Lecture 09.

    Examples
    --------
    >>> x = 0.1 * np.sin(0.1 * np.arange(44_100))
    >>> codec = Opus(24, rate=44_100)
    >>> codec.decode(codec.encode(x)).shape
    (44100,)
    """

    kbps: float
    rate: int = 16_000
    number: ClassVar[int] = 2

    def __post_init__(self) -> None:
        if not 6 <= self.kbps <= 256:
            raise ValueError(f"Opus takes 6 to 256 kbit/s a channel, not {self.kbps}")
        if not 8_000 <= self.rate <= 48_000:
            raise ValueError(
                f"Opus takes 8000 to 48000 Hz, not {self.rate}; resample to 48000"
            )

    @property
    def name(self) -> str:
        """ "Opus" and the bit rate aimed at in kbit/s."""
        return f"Opus {self.kbps:g}"

    def file(self, x: Audio) -> bytes:
        """Return the sound ``(samples,)`` as an ``.opus`` file."""
        if self._file_rate != self.rate:
            x = np.clip(audio.resample(x, self.rate, self._file_rate), -1, 1)
        return _written(
            x, self._file_rate, format="OGG", subtype="OPUS",
            compression_level=(256 - self.kbps) / 250,
        )  # fmt: skip

    @property
    def _file_rate(self) -> int:
        return self.rate if self.rate in OPUS_RATES else 48_000


@dataclass(frozen=True)
class Flac(FileCodec):
    """FLAC with 16 bits a sample: nothing is lost but what 16 bits cannot hold.

    Parameters
    ----------
    rate
        Sampling rate in Hz.

    Notes
    -----
    RFC 9639. The row that says what "no loss" costs. Lecture 09.

    Examples
    --------
    >>> x = np.round(1000 * np.sin(0.1 * np.arange(8_000))) / 2**15
    >>> codec = Flac()
    >>> bool(np.array_equal(codec.decode(codec.encode(x)), x))
    True
    """

    rate: int = 16_000
    number: ClassVar[int] = 3

    @property
    def name(self) -> str:
        """ "FLAC"."""
        return "FLAC"

    def file(self, x: Audio) -> bytes:
        """Return the sound ``(samples,)`` as a ``.flac`` file."""
        return _written(x, self.rate, format="FLAC", subtype="PCM_16")


@lru_cache
def delay(codec: FileCodec) -> int:
    """Return by how many samples a codec's file comes late, as a probe tells.

    Half a second of noise with a spectrum like speech goes through the codec; the
    delay is where its correlation with the original is largest.

    Lecture 09.

    Parameters
    ----------
    codec
        What is measured. The answer is kept, so that it costs time once.

    Returns
    -------
    int
        Samples at the codec's rate; negative where the decoded sound comes early.

    Examples
    --------
    >>> delay(Mp3(24)), delay(Mp3(48))  # the second says so itself
    (1105, 0)
    """
    probe = _probe(codec.rate)
    heard = codec._read(codec.file(probe))
    lags = correlation_lags(len(heard), len(probe))
    return int(lags[np.argmax(correlate(heard, probe))])


def checked_sound(x: ArrayLike) -> Audio:
    """Return what a codec can take, one finite channel within ±1, or say why not.

    Lecture 09.

    Parameters
    ----------
    x
        ``(samples,)``.

    Returns
    -------
    ndarray
        The same as float64.

    Raises
    ------
    ValueError
        Where `x` has several channels, no sample, a value that is not finite, or one
        beyond ±1.

    Examples
    --------
    >>> checked_sound([0.5, -0.5])
    array([ 0.5, -0.5])
    """
    x = np.asarray(x, dtype=np.float64)
    if x.ndim != 1 or not len(x):
        raise ValueError(
            f"a codec takes one channel (samples,), not the shape {x.shape}; code the "
            "channels one by one"
        )
    if not np.all(np.isfinite(x)):
        raise ValueError("the sound has values that are NaN or infinite")
    peak = float(np.max(np.abs(x)))
    if peak > 1:
        raise ValueError(
            f"the sound peaks at {peak:.4g} and would clip at 1: multiply it by "
            f"{1 / peak:.4g} or less"
        )
    return x


def _probe(rate: int) -> Audio:
    """Return half a second of noise that falls by 6 dB an octave above 100 Hz."""
    n = rate // 2
    rng = np.random.default_rng(0)
    spectrum = np.fft.rfft(rng.standard_normal(n))
    probe = np.fft.irfft(spectrum / np.maximum(np.fft.rfftfreq(n, 1 / rate), 100), n)
    return 0.5 * probe / np.max(np.abs(probe))


def _written(x: Audio, rate: int, **how: Any) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, x, rate, **how)
    return buffer.getvalue()


def _opened(stream: bytes) -> tuple[int, int, int, bytes]:
    """Return samples, delay, number of the codec and the file of a sound stream."""
    start = _CHECK.size + _HEADER.size
    if len(stream) < start:
        raise StreamError(
            f"the stream has {len(stream)} bytes, fewer than its header of {start}"
        )
    if _CHECK.unpack_from(stream)[0] != zlib.crc32(stream[_CHECK.size :]):
        raise StreamError("the stream was cut short or changed on its way")
    return *_HEADER.unpack_from(stream, _CHECK.size), bytes(stream[start:])


def _in_line(y: Audio, samples: int, lag: int) -> Audio:
    """Take the delay out and cut to length; a few samples may lack at the end."""
    y = y[lag:] if lag >= 0 else np.concatenate([np.zeros(-lag), y])
    lacking = samples - len(y)
    if lacking > _SPARE:
        raise StreamError(
            f"the header tells of {samples} samples and the file has {len(y)}"
        )
    return np.pad(y, (0, max(lacking, 0)))[:samples]
