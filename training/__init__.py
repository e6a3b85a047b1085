"""The training pipeline: labelled pictures go in, a measured model folder comes out."""
