"""From documents to results: backends give token scores, the predictor batches, decodes and links."""
