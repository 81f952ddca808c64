"""What a page says about its article, each field from the most trusted source that says it."""

from cleaners.metadata.reader import METADATA_FIELDS, Metadata, read_metadata

__all__ = ["METADATA_FIELDS", "Metadata", "read_metadata"]
