"""What students get: the release, the bundle, its requirements, the bank."""
