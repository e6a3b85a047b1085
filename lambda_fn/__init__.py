"""The inference service: a picture goes in, its art style comes out."""
