"""Archive: WARC, cleaned text, catalog."""
