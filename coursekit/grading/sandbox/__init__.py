"""The wall around a submission, and the session that asks through it."""
