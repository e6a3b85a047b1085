"""Tests of the catalogue and its stores."""
