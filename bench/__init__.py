"""Measurements of the speed goals; see bench/RESULTS.md for what came of them."""
