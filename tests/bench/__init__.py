"""Benchmarks: `make bench` prints ratios against baselines of the same run."""
