"""Describe a dataset: its card, figures, charts and croissant.json."""
