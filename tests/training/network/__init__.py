"""Tests of training/network/."""
