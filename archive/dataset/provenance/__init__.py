"""Prove a dataset: its manifest, its recipe, the way from a row to its source, and the difference of two."""
