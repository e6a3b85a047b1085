"""raw/ -> dataset/: copies out, splits, stored squares; and dataset/ -> batches."""
