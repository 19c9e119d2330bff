"""Homework 4: models, a notebook for each.

``codec``: the soft-to-hard quantiser of a neural codec, its entropy, and the small
modules around it.
"""

from coursekit.homework.hw4_models.codec import HOMEWORK, check, my_voice

__all__ = ["HOMEWORK", "check", "my_voice"]
