"""Figures for lectures: labelled axes, units, alt text, one style, no state.

`pictures` draws sounds, curves and matrices, `spectra` spectrograms and spectra; a
lecture's own pictures are drawn in the course's `style`, block diagrams by `diagram`.
Taught in lecture 02.
"""

from coursekit.plots.pictures import Picture, lines, matrix, stems, waveform
from coursekit.plots.spectra import compare, spectrogram, spectrum, spectrum_of
from coursekit.plots.style import CSS_WIDTH, WIDTH

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
