"""Tests of what becomes of visitors' pictures."""
