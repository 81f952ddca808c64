"""Where rows come from: collections, WARC files, folders, text corpora, wherever they lie."""
