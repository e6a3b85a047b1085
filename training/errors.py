"""Every failure that a person who trains can cause; the message says what to do."""


class TrainingError(Exception):
    """A step cannot go on; `cli` prints the message and exits with 1."""
