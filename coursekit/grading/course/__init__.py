"""The course directory: taking in, nbgrader's steps, a class in one go."""
