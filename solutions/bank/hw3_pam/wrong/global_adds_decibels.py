"""Adds decibels instead of powers."""

LOSES = {"global_threshold": 1.5}
DIAGNOSIS = {"global_threshold": "decibels-added"}

# %% global_threshold
def global_threshold(LT, quiet):
    total = quiet.copy()
    for masker in LT:
        total = total + masker
    return total
