"""What sites say about the use of their pages: refusals, permissions and licences."""
