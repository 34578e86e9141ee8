"""Documents to a store that can be searched: read, split, embed, keep."""
