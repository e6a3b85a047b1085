"""Tests of training/promotion/."""
