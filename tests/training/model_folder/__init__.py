"""Tests of training/model_folder/."""
