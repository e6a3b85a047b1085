"""What stands in for AWS on this machine: its Lambda runtime and its gateway."""
