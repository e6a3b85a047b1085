"""Entry of the CDK: reads the stage from the context, makes its stack, tags and checks it."""

import sys

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks

from infra.config import ConfigError, StageConfig, read_config
from infra.stack import ArtStyleStack


def add_stage(app: cdk.App, config: StageConfig) -> ArtStyleStack:
    """Add the stack of one stage to the app, with the tags by which its costs can be found.

    The stack is refused where AWS's own checks find something that nobody has answered for.
    """
    stack = ArtStyleStack(app, f"style-your-art-{config.name}", config=config)
    cdk.Tags.of(stack).add("project", "style-your-art")
    cdk.Tags.of(stack).add("stage", config.name)
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return stack


def main() -> None:
    """Write the cloud assembly for `cdk`."""
    app = cdk.App()
    try:
        add_stage(app, read_config(app.node.get_all_context()))
    except ConfigError as error:
        sys.exit(f"error: {error}")
    app.synth()


if __name__ == "__main__":
    main()
