"""Tests of training/exploration/."""
