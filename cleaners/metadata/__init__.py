"""Read what a page states about its article: title, authors, dates and more."""

from cleaners.metadata.language import guess_language
from cleaners.metadata.reader import METADATA_FIELDS, Metadata, read_metadata
from cleaners.metadata.tolerant_json import read_json

__all__ = ["METADATA_FIELDS", "Metadata", "guess_language", "read_json", "read_metadata"]
