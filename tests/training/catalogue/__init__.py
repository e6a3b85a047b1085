"""Tests of how the catalogue is filled."""
