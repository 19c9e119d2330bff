"""Homework 4: models, a notebook for each, and a module for each notebook.

``codec``: the soft-to-hard quantiser of a neural codec, its entropy, and the small
modules around it.

Another notebook is another module with ``EXERCISES``, named below.
"""

from coursekit.homework.checks.checker import Checker
from coursekit.homework.checks.exercise import homework_of
from coursekit.homework.hw4_models import codec
from coursekit.homework.hw4_models.codec import my_voice

__all__ = ["HOMEWORK", "check", "my_voice"]

HOMEWORK = homework_of("hw4_models", *codec.EXERCISES)

check = Checker(HOMEWORK)
