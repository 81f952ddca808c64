"""Clean stored pages again, and report what that changes."""
