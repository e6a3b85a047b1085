"""Catalogue: the secret with the address of a MongoDB; only where one is wanted."""

from collections.abc import Mapping
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_secretsmanager as secrets
from constructs import Construct

from infra.nag_suppressions import stand_by
from infra.storage import KEPT

# replaced by whoever deploys; until then predictions come without works
_NO_ADDRESS: Final = '{"uri": ""}'


class Catalogue(Construct):
    """A secret for a MongoDB anywhere, and what signs the tokens of answers.

    One secret holds both, because each costs $0.40 a month. Nothing rotates it: the address belongs
    to a database that this stack does not own.
    """

    def __init__(self, scope: Construct, name: str, *, is_kept: bool) -> None:
        super().__init__(scope, name)
        self.secret = secrets.Secret(
            self,
            "Mongodb",
            description='{"uri": "mongodb+srv://...", "secret": "what signs tokens"}',
            generate_secret_string=secrets.SecretStringGenerator(
                secret_string_template=_NO_ADDRESS,
                generate_string_key="secret",
                password_length=43,
                exclude_punctuation=True,
            ),
            removal_policy=KEPT if is_kept else cdk.RemovalPolicy.DESTROY,
        )
        stand_by(self.secret, {"SMG4": "What it holds belongs to a database outside the stack."})

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables by which the service finds both."""
        arn = self.secret.secret_arn
        return {"ARTSTYLE_MONGODB_SECRET": arn, "ARTSTYLE_TOKEN_SECRET_ARN": arn}
