"""A build in tasks, on one machine or many."""
