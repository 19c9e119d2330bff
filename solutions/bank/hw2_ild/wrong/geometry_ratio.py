"""Gives the deck's a, and no level."""

LOSES = {"expected_ild": 3}
DIAGNOSIS = {"expected_ild": "the-decks-ratio"}

# %% expected_ild
def expected_ild(source, left, right):
    far = np.linalg.norm(np.asarray(source) - right)
    near = np.linalg.norm(np.asarray(source) - left)
    return far / near
