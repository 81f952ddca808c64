"""Cleaning stored pages again, and what that changes."""
