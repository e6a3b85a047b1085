"""Entry of the CDK: reads the stage from the context, makes its stacks, tags and checks them."""

import os
import sys

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks

from infra.config import ConfigError, StageConfig, read_config, require_region
from infra.stack import ArtStyleStack
from infra.training_stack import TrainingStack


def add_stage(app: cdk.App, config: StageConfig) -> None:
    """Add the stacks of one stage to the app, with the tags by which their costs can be found.

    A stack is refused where AWS's own checks find something that nobody has answered for.
    """
    name = f"style-your-art-{config.name}"
    stack = ArtStyleStack(app, name, config=config)
    if config.has_training:
        # how the service's other half is found: training/cloud/deployed_stack.py
        training = f"{name}-training"
        TrainingStack(app, training, config=config, storage=stack.storage, topic=stack.topic)
    cdk.Tags.of(app).add("project", "style-your-art")
    cdk.Tags.of(app).add("stage", config.name)
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))


def main() -> None:
    """Write the cloud assembly for `cdk`."""
    app = cdk.App()
    try:
        config = read_config(app.node.get_all_context())
        # the CDK's command line says where it deploys to
        require_region(config, os.environ.get("CDK_DEFAULT_REGION"))
        add_stage(app, config)
    except ConfigError as error:
        sys.exit(f"error: {error}")
    app.synth()


if __name__ == "__main__":
    main()
