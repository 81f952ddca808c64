"""What the commands share: options, and what goes to the terminal."""
