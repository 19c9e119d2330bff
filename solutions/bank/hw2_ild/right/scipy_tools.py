"""Leans on scipy: distances, densities, softmax, convolution."""

# %% expected_ild
from scipy.spatial.distance import euclidean


def expected_ild(source, left, right):
    return 20 * np.log10(euclidean(source, left) / euclidean(source, right))

# %% e_step
from scipy import stats
from scipy.special import softmax


def e_step(x, pi, mu, var):
    logs = stats.norm.logpdf(x[:, np.newaxis], loc=mu, scale=np.sqrt(var))
    return softmax(logs + np.log(pi), axis=1)

# %% m_step
def m_step(x, R, w, floor):
    weights = (R.T * w).T
    mu = [np.average(x, weights=column) for column in weights.T]
    var = [np.average((x - m) ** 2, weights=c) for m, c in zip(mu, weights.T)]
    pi = [column.sum() / weights.sum() for column in weights.T]
    return np.array(pi), np.array(mu), np.maximum(floor, var)

# %% icm_sweep
from scipy.ndimage import convolve

PLUS = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]])


def icm_sweep(labels, unary, beta):
    y = np.array(labels)
    black = np.indices(y.shape).sum(axis=0) % 2 == 0
    for squares in (black, ~black):
        votes = [convolve((y == k) * 1.0, PLUS, mode="constant") for k in range(len(unary))]
        y[squares] = np.argmax(unary + beta * np.array(votes), axis=0)[squares]
    return y

# %% mean_field_step
from scipy.signal import convolve2d
from scipy.special import softmax


def mean_field_step(Q, unary, beta):
    plus = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]])
    heard = np.array([convolve2d(q, plus, mode="same") for q in Q])
    return 0.5 * Q + 0.5 * softmax(unary + beta * heard, axis=0)
