"""Tests of what trains in the cloud."""
