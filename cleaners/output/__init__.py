"""Write an article as plain text, Markdown, JSON or TEI."""
