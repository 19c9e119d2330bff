"""Recordings that travel with the course, and others on a reader's own disk.

``clips("speech")`` lists what there is, ``clip("blackbird_1")`` picks one, and
``.audio()`` gives its samples. Where each comes from, who made it and under which
licence is in ``MANIFEST.toml`` beside this file and in each clip's `Clip.credit`.
A larger training set that ``make data`` built, and the user's own LibriSpeech or
ESC-50 (`corpora`), answer in the same way through `Pack`. Taught in lecture 03.
"""

from coursekit.data.manifest import Clip, Pack, cache_folder, select, training
from coursekit.data.shipped import clip, clips, kinds, verify

__all__ = [
    "Clip",
    "Pack",
    "cache_folder",
    "clip",
    "clips",
    "kinds",
    "select",
    "training",
    "verify",
]
