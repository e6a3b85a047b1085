"""Tests of training/cli/."""
