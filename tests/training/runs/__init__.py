"""Tests of training/runs/."""
