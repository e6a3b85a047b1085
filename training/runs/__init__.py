"""dataset/ + config -> runs/: training, and what it keeps."""
