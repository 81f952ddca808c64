"""Checking a data root, recovering what a killed process left, and building the derived files again."""
