"""What a reader sees of a dataset: its card, figures, charts and croissant.json."""
