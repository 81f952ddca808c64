"""An article as plain text, Markdown, JSON or TEI."""

from cleaners.output.formats import Format, render

__all__ = ["Format", "render"]
