"""Show a data root as pages for a browser on this machine. It only reads."""
