"""What a finished run is worth: figures, plots, reports, comparisons."""
