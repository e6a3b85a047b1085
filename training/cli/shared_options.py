"""What a command line may ask of every command for the cloud; imports nothing heavy."""

from typing import Annotated

import typer

StackName = Annotated[
    str, typer.Option("--stack", help="The deployed stack, by its name in CloudFormation.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
RunName = Annotated[str, typer.Argument(help="Run in the cloud, by the name that submit told.")]
