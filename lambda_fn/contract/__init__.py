"""What training and service must agree on: labels, pixels and what a model says about itself."""
