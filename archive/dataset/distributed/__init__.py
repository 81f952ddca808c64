"""Build a dataset in tasks, on one machine or many."""
