"""Benchmarks: what they measure and the figures are in bench/README.md. None of them is a test."""
