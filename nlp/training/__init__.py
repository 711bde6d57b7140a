"""From gold letters to trained weights, on transformers and datasets."""
