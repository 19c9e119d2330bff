"""How the shipped recordings and the training set are made from their sources."""
