"""Short frames for tones, long ones for clicks."""

LOSES = {"frame_for_tones": 1.5, "frame_for_clicks": 1.5}
DIAGNOSIS = {}

# %% frame_for_tones
frame_for_tones = 128

# %% frame_for_clicks
frame_for_clicks = 4096
