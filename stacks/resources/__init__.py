"""One file a construct, each with typed props."""
