"""`python -m training STEP`: collect, import, organise, explore, train and what follows."""

import os

# TensorFlow reads this when it is imported; errors are still shown
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from training.cli.commands import cli

if __name__ == "__main__":
    cli(prog_name="python -m training")
