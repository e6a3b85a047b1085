"""The command `recipes`: a line for each option where nobody looks, a table where someone does."""

import pytest
from typer.testing import CliRunner

from training.cli.commands import cli
from training.config import TrainConfig


@pytest.fixture(scope="module")
def lines() -> list[str]:
    result = CliRunner().invoke(cli, ["recipes"])
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()


def test_every_option_has_a_line(lines: list[str]) -> None:
    heading, *options, _ = lines

    assert heading.split()[:4] == ["option", "fine-tune", "original", "released"]
    assert [line.split()[0] for line in options] == list(TrainConfig.model_fields)


@pytest.mark.parametrize(
    ("option", "fine_tune", "original", "meaning"),
    [
        ("trains", "network", "head", "network or head network: all of it"),
        ("epochs", "20", "50", "whole number (at least 1) how often each picture is seen"),
        ("dropout", "0.2", "0.25", "number (at least 0, below 1) share of the features"),
        ("stop_patience", "none", "10", "whole number (at least 1) or none epochs without"),
        ("weights", "imagenet", "imagenet", "imagenet or path or none to begin with"),
        ("teachers", "[]", "[]", "list of paths finished runs"),
        ("fixed_statistics", "false", "false", "true or false batch normalisation"),
        ("split", "picture", "picture", "text list of the dataset"),
    ],
)
def test_a_line_has_the_values_of_the_recipes_then_those_there_may_be_and_the_meaning(
    lines: list[str], option: str, fine_tune: str, original: str, meaning: str
) -> None:
    (words,) = (line.split() for line in lines if line.split()[0] == option)

    assert words[1:3] == [fine_tune, original]
    assert " ".join(words[4:]).startswith(meaning)
