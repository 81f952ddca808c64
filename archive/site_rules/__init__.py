"""Rules that the archive teaches: proposed from what comes back on a host's pages, judged by a person, in force."""
