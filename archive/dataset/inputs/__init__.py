"""Cut inputs of any kind into shards, and read the pages of a shard."""
