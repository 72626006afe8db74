"""Files to tensors: sources, preprocessing, splits, batches."""
