"""From a submission to its verdict: asking, judging, adding up, keeping."""
