"""What stands in for AWS on this machine, and a rehearsal of a deploy against it."""
