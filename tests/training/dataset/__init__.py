"""Tests of training/dataset/."""
