"""Keep what is derived from the files of a data root: catalog, manifests and CDXJ indexes."""
