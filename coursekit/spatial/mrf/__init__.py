"""The pairwise Markov random field and its inference, behind one signature."""

from coursekit.spatial.mrf.belief import belief_propagation, belief_propagation_max
from coursekit.spatial.mrf.cut import alpha_expansion, graph_cut
from coursekit.spatial.mrf.field import Beta, Labelling, energy, independent
from coursekit.spatial.mrf.gibbs import anneal, gibbs
from coursekit.spatial.mrf.icm import icm
from coursekit.spatial.mrf.mean_field import mean_field

__all__ = [
    "Beta",
    "Labelling",
    "alpha_expansion",
    "anneal",
    "belief_propagation",
    "belief_propagation_max",
    "energy",
    "gibbs",
    "graph_cut",
    "icm",
    "independent",
    "mean_field",
]
