"""Rules that a host's own pages teach: what comes back on page after page and is not the article. Pure: pages in,
proposals out."""
