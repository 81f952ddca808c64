"""What `make bench` runs: claims of quality and speed, each a number beside the tool it is compared with."""
