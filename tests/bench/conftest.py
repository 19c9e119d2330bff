"""Benchmarks are run by ``make bench``; as tests they would only be collected."""

collect_ignore_glob = ["bench_*.py", "run.py", "timing.py"]
