"""Which URLs are requested again and when, and whether what came back is new."""
