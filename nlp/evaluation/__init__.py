"""The figures of the scheme, always by document, always on documents outside training."""
