"""Report on crawls: the state and yield of each site, the history of runs, and the story of one URL."""
