"""Training on machines of the deployed stack: push, submit, watch, pull."""
