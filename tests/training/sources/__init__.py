"""Tests of training/sources/."""
