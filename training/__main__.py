"""`python -m training collect | import | organise | explore | train | evaluate | export`."""

import os

# TensorFlow reads this when it is imported; errors are still shown
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from training.cli import cli

if __name__ == "__main__":
    cli(prog_name="python -m training")
