"""What proves a dataset: its manifest, recipe, the way back to the sources, the difference of two."""
