"""Filling the catalogue of works: facts, palettes, embeddings; and what visitors said."""
