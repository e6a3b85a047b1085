"""Tests of lambda_fn."""
