"""Takes the width of a bin for what a window can resolve."""

LOSES = {"frame_for_tones": 1.5}
DIAGNOSIS = {"frame_for_tones": "one-bin-apart"}

# %% frame_for_tones
frame_for_tones = 1000
while frame_for_tones * tones.apart < tones.rate:
    frame_for_tones = frame_for_tones + 1
