"""Figures for lectures: labelled axes, units, alt text, one style, no state."""

from coursekit.plots.pictures import (
    CSS_WIDTH,
    WIDTH,
    Picture,
    compare,
    lines,
    matrix,
    spectrogram,
    spectrum,
    spectrum_of,
    stems,
    waveform,
)

__all__ = [
    "CSS_WIDTH",
    "WIDTH",
    "Picture",
    "compare",
    "lines",
    "matrix",
    "spectrogram",
    "spectrum",
    "spectrum_of",
    "stems",
    "waveform",
]
