"""Right, but writes into the labels that it was given."""

LOSES = {"icm_sweep": 4}

# %% icm_sweep
def icm_sweep(labels, unary, beta):
    for colour in (0, 1):
        for i in range(labels.shape[0]):
            for j in range((i + colour) % 2, labels.shape[1], 2):
                liked = unary[:, i, j] + 0.0
                if i > 0:
                    liked[labels[i - 1, j]] += beta
                if i + 1 < labels.shape[0]:
                    liked[labels[i + 1, j]] += beta
                if j > 0:
                    liked[labels[i, j - 1]] += beta
                if j + 1 < labels.shape[1]:
                    liked[labels[i, j + 1]] += beta
                labels[i, j] = liked.argmax()
    return labels
