"""What is told about crawls: each site's state and yield, each run, and the story of one URL."""
