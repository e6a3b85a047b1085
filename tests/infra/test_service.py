import json

from tests.infra.synthesis import ABSENT, FULL, Properties, Synthesis, as_list, statements

FUNCTION = "AWS::Lambda::Function"


def function_of(stage: Synthesis) -> Properties:
    return stage.one(FUNCTION, "ServiceFunction")


def test_the_function_runs_the_image_with_time_to_answer_before_the_gateway_gives_up(
    dev: Synthesis,
) -> None:
    dev.assert_one_has(
        FUNCTION,
        {
            "PackageType": "Image",
            "Timeout": 29,
            "MemorySize": 1769,
            "Architectures": ["x86_64"],
            "ReservedConcurrentExecutions": ABSENT,
        },
    )


def test_image_and_function_have_the_same_architecture(full: Synthesis) -> None:
    assets = [
        json.loads(file.read_text("utf-8")) for file in full.file.parent.glob("*.assets.json")
    ]

    platforms = {
        image["source"]["dockerFile"]: image["source"]["platform"]
        for one in assets
        for image in one["dockerImages"].values()
    }

    assert function_of(full)["Architectures"] == ["arm64"]
    assert platforms == {
        "lambda_fn/Dockerfile": "linux/arm64",
        "training/Dockerfile": "linux/amd64",
    }


def test_concurrency_is_reserved_only_where_it_is_wanted(full: Synthesis) -> None:
    assert function_of(full)["ReservedConcurrentExecutions"] == FULL.reserved_concurrency


def test_the_functions_log_forgets(dev: Synthesis, full: Synthesis) -> None:
    groups = [stage.one("AWS::Logs::LogGroup", "ServiceLogs") for stage in (dev, full)]

    assert [group["RetentionInDays"] for group in groups] == [7, 90]


def test_the_function_may_do_no_more_than_log_read_models_and_pass_on_uploads(
    dev: Synthesis,
) -> None:
    policy = dev.one("AWS::IAM::Policy", "ServiceRole")
    actions = {action for one in statements(policy) for action in as_list(one["Action"])}

    assert actions == {
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "s3:DeleteObject",
        "s3:GetObject",
        "s3:ListBucket",
        "s3:PutObject",
    }
    assert "ManagedPolicyArns" not in dev.one("AWS::IAM::Role", "ServiceRole")


def test_requests_are_followed_only_where_that_is_wanted(dev: Synthesis, full: Synthesis) -> None:
    assert "TracingConfig" not in function_of(dev)
    assert function_of(full)["TracingConfig"] == {"Mode": "Active"}


def test_the_function_logs_json(dev: Synthesis) -> None:
    assert function_of(dev)["LoggingConfig"]["LogFormat"] == "JSON"


def test_it_may_list_the_models_and_no_uploads(dev: Synthesis) -> None:
    policy = dev.one("AWS::IAM::Policy", "ServiceRole")

    listed = [
        one["Resource"]["Fn::GetAtt"][0]
        for one in statements(policy)
        if "s3:ListBucket" in as_list(one["Action"])
    ]

    assert [name.startswith("StorageModels") for name in listed] == [True]


def test_with_a_database_it_may_read_its_secret_too(full: Synthesis) -> None:
    secret = next(iter(full.of_type("AWS::SecretsManager::Secret")))

    reading = [
        one["Resource"]
        for one in statements(full.one("AWS::IAM::Policy", "ServiceRole"))
        if "secretsmanager:GetSecretValue" in as_list(one["Action"])
    ]

    assert reading == [{"Ref": secret}]


def test_everything_goes_to_the_alias(dev: Synthesis) -> None:
    alias = next(iter(dev.of_type("AWS::Lambda::Alias")))

    dev.assert_one_has(
        "AWS::ApiGatewayV2::Integration",
        {"IntegrationUri": {"Ref": alias}, "PayloadFormatVersion": "2.0"},
    )
    dev.assert_one_has("AWS::ApiGatewayV2::Route", {"RouteKey": "$default"})


def test_the_api_has_no_stage_in_its_address_and_throttles(full: Synthesis) -> None:
    full.assert_one_has(
        "AWS::ApiGatewayV2::Stage",
        {
            "StageName": "$default",
            "AutoDeploy": True,
            "DefaultRouteSettings": {"ThrottlingRateLimit": 20, "ThrottlingBurstLimit": 10},
        },
    )


def test_forms_for_uploads_have_a_limit_of_their_own(dev: Synthesis) -> None:
    [stage] = [one for one in dev.resources.values() if one["Type"] == "AWS::ApiGatewayV2::Stage"]
    routes = dev.of_type("AWS::ApiGatewayV2::Route")
    [route] = [name for name, one in routes.items() if one["RouteKey"] == "POST /v1/uploads"]
    default = stage["Properties"]["DefaultRouteSettings"]["ThrottlingRateLimit"]

    [(key, limit)] = stage["Properties"]["RouteSettings"].items()

    assert key == routes[route]["RouteKey"]
    assert limit["ThrottlingRateLimit"] == 1 < default
    # the gateway refuses a limit of a route that is not there yet
    assert route in stage["DependsOn"]


def test_the_access_log_holds_no_address_of_a_visitor(dev: Synthesis) -> None:
    settings = dev.one("AWS::ApiGatewayV2::Stage")["AccessLogSettings"]
    logged = json.loads(settings["Format"])

    assert logged["status"] == "$context.status"
    assert not [value for value in logged.values() if "identity" in value]


def test_any_page_may_ask_the_api(dev: Synthesis) -> None:
    cors = dev.one("AWS::ApiGatewayV2::Api")["CorsConfiguration"]

    assert cors["AllowOrigins"] == ["*"]
    assert cors["AllowMethods"] == ["GET", "POST"]
    assert cors["AllowHeaders"] == ["content-type"]
    assert "AllowCredentials" not in cors


def test_the_model_comes_from_the_parameter(dev: Synthesis) -> None:
    kind = "AWS::CloudFormation::CustomResource"
    reader = next(name for name in dev.of_type(kind) if name.startswith("ServiceLiveModel"))

    model = function_of(dev)["Environment"]["Variables"]["ARTSTYLE_MODEL"]

    assert model == {"Fn::GetAtt": [reader, "Address"]}


def test_what_reads_the_parameter_may_touch_no_other(dev: Synthesis) -> None:
    touching = [
        json.dumps(one["Resource"])
        for one in statements(dev.one("AWS::IAM::Policy", "ServiceLiveModel"))
        if any("ssm:" in action for action in as_list(one["Action"]))
    ]

    assert len(touching) == 1
    assert ":parameter/style-your-art/dev/model" in touching[0]
    assert "*" not in touching[0]


def test_the_parameter_is_read_again_whenever_the_function_changes(
    dev: Synthesis, full: Synthesis
) -> None:
    kind = "AWS::CloudFormation::CustomResource"
    fingerprints = [one.one(kind, "ServiceLiveModel")["Fingerprint"] for one in (dev, full)]

    assert fingerprints[0] != fingerprints[1]
