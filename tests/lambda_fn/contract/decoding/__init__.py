"""Tests of lambda_fn/routes/."""
