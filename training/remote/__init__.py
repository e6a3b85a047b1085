"""What trains in the cloud: the stack, the buckets, the jobs, and the job itself."""
