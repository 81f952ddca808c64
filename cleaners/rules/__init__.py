"""Define rules, read rule files, and apply rules to elements and lines."""
