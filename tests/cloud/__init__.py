"""What stands in for AWS in tests, and the tests of it."""
