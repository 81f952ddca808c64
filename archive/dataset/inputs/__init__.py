"""What a dataset is built from: inputs of any kind, cut into shards."""

from archive.dataset.inputs.shards import Shard

__all__ = ["Shard"]
