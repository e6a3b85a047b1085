"""What a dataset holds: counts, chronology, quality, contact sheets."""
