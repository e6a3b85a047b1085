import json

from tests.infra.synthesis import Synthesis

SECRET = "AWS::SecretsManager::Secret"


def test_without_a_database_nothing_is_paid_for_a_secret(dev: Synthesis) -> None:
    assert dev.of_type(SECRET) == {}


def test_the_secret_holds_both_keys_that_the_service_reads(full: Synthesis) -> None:
    generated = full.one(SECRET)["GenerateSecretString"]

    keys = {*json.loads(generated["SecretStringTemplate"]), generated["GenerateStringKey"]}

    assert keys == {"uri", "secret"}


def test_what_signs_tokens_cannot_be_guessed(full: Synthesis) -> None:
    generated = full.one(SECRET)["GenerateSecretString"]

    assert generated["PasswordLength"] >= 32


def test_the_secret_of_a_stage_for_visitors_outlives_it(full: Synthesis) -> None:
    name = next(iter(full.of_type(SECRET)))

    assert full.resources[name]["DeletionPolicy"] == "RetainExceptOnCreate"


def test_no_secret_stands_in_the_template(full: Synthesis) -> None:
    assert "SecretString" not in full.one(SECRET)
    assert "mongodb+srv://" not in json.dumps(full.of_type("AWS::Lambda::Function"))
