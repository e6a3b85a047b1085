"""What the services must answer once the stack is deployed; tests of the template hold the rest."""

from typing import Any, Final

from tests.cloud.deployer import OPTIONS
from tests.cloud.resources import ACCOUNT

DATA: Final = ("Datasets", "Models", "Runs")
PARAMETER: Final = "/style-your-art/prod/model"
# service, operation, its arguments, where to look in the answer, and what must be there;
# `{NAME}` is the id of what the stack's code calls so
ANSWERS: Final[tuple[tuple[str, str, dict[str, str], str, Any], ...]] = (
    *(
        ("s3", "get_bucket_versioning", {"Bucket": f"{{Storage{name}}}"}, "Status", "Enabled")
        for name in DATA
    ),
    (
        "s3",
        "get_bucket_lifecycle_configuration",
        {"Bucket": "{StorageUploads}"},
        "Rules[].[Expiration.Days, AbortIncompleteMultipartUpload.DaysAfterInitiation]",
        [[1, 1]],
    ),
    (
        "s3",
        "get_bucket_cors",
        {"Bucket": "{StorageUploads}"},
        "CORSRules[].[AllowedMethods, AllowedOrigins]",
        [[["POST"], ["*"]]],
    ),
    (
        "s3",
        "get_bucket_logging",
        {"Bucket": "{StorageModels}"},
        "LoggingEnabled.[TargetBucket, TargetPrefix]",
        ["{StorageLogs}", "s3/models/"],
    ),
    (
        "lambda",
        "get_function_configuration",
        {"FunctionName": "{ServiceFunction}"},
        "[PackageType, Architectures, MemorySize, Timeout]",
        ["Image", ["x86_64"], 1769, 29],
    ),
    (
        "lambda",
        "get_alias",
        {"FunctionName": "{ServiceFunction}", "Name": "live"},
        "FunctionVersion",
        "1",
    ),
    (
        "apigatewayv2",
        "get_routes",
        {"ApiId": "{ServiceApi}"},
        "sort_by(Items, &RouteKey)[].[RouteKey, Target]",
        [
            ["$default", "integrations/{ServiceApiDefaultRouteFunction}"],
            ["POST /v1/uploads", "integrations/{ServiceApiDefaultRouteFunction}"],
        ],
    ),
    (
        "apigatewayv2",
        "get_integrations",
        {"ApiId": "{ServiceApi}"},
        "Items[].[IntegrationUri, PayloadFormatVersion]",
        [["{ServiceLive}", "2.0"]],
    ),
    (
        "apigatewayv2",
        "get_stage",
        {"ApiId": "{ServiceApi}", "StageName": "$default"},
        "[AutoDeploy, DefaultRouteSettings.ThrottlingRateLimit, "
        "RouteSettings.*.ThrottlingRateLimit]",
        [True, 20, [1]],
    ),
    (
        "cloudfront",
        "get_distribution",
        {"Id": "{WebsiteCdn}"},
        "Distribution.DistributionConfig.[DefaultRootObject, CacheBehaviors.Items[].PathPattern]",
        ["index.html", ["/v1/*", "/docs", "/docs/*", "/openapi.json"]],
    ),
    (
        "cloudfront",
        "get_cache_policy",
        {"Id": "{WebsiteAsTheServiceSays}"},
        "CachePolicy.CachePolicyConfig.[DefaultTTL, MaxTTL]",
        [0, 86_400],
    ),
    (
        "cloudfront",
        "get_response_headers_policy",
        {"Id": "{WebsiteHeaders}"},
        "ResponseHeadersPolicy.ResponseHeadersPolicyConfig.SecurityHeadersConfig"
        ".ContentTypeOptions.Override",
        True,
    ),
    (
        "codedeploy",
        "get_deployment_group",
        {
            "applicationName": "{RolloutGroupApplication}",
            "deploymentGroupName": "{RolloutGroup}",
        },
        "deploymentGroupInfo.deploymentConfigName",
        "CodeDeployDefault.LambdaCanary10Percent5Minutes",
    ),
    (
        "batch",
        "describe_job_queues",
        {},
        "jobQueues[].computeEnvironmentOrder[].computeEnvironment",
        ["{TrainingSpot}", "{TrainingOnDemand}"],
    ),
    (
        "batch",
        "describe_compute_environments",
        {},
        "computeEnvironments[].computeResources.[type, minvCpus, instanceTypes[0]]",
        [["SPOT", 0, "g4dn.xlarge"], ["EC2", 0, "g4dn.xlarge"]],
    ),
    (
        "batch",
        "describe_job_definitions",
        {},
        "jobDefinitions[].[retryStrategy.attempts, timeout.attemptDurationSeconds]",
        [[10, 28_800]],
    ),
    (
        "cloudwatch",
        "describe_alarms",
        {},
        "sort(MetricAlarms[].MetricName)",
        [
            "5xx",
            "CatalogueUnavailable",
            "Errors",
            "Errors",
            "Latency",
            "Throttles",
            "style-your-art-prod-failures-of-1",
        ],
    ),
    (
        "cloudwatch",
        "describe_alarms",
        {},
        "MetricAlarms[].AlarmActions[]",
        ["{WatchAlarms}"] * 7,
    ),
    (
        "cloudwatch",
        "list_dashboards",
        {},
        "DashboardEntries[].DashboardName",
        ["{WatchDashboard}"],
    ),
    (
        "sns",
        "list_subscriptions_by_topic",
        {"TopicArn": "{WatchAlarms}"},
        "Subscriptions[].[Protocol, Endpoint]",
        [["email", OPTIONS["alarm_email"]]],
    ),
    (
        "events",
        "list_targets_by_rule",
        {"Rule": "{FailedJobs}"},
        "Targets[].Arn",
        ["{WatchAlarms}"],
    ),
    (
        "budgets",
        "describe_budgets",
        {"AccountId": ACCOUNT},
        "Budgets[].BudgetLimit.Amount",
        ["50"],
    ),
    (
        "ec2",
        "describe_subnets",
        {},
        "Subnets[?VpcId=='{TrainingNetwork}'].MapPublicIpOnLaunch",
        [True, True],
    ),
    (
        "ec2",
        "describe_vpc_endpoints",
        {},
        "VpcEndpoints[].[VpcId, ServiceName]",
        [["{TrainingNetwork}", "com.amazonaws.eu-west-1.s3"]],
    ),
    (
        "ec2",
        "describe_flow_logs",
        {},
        "FlowLogs[].[ResourceId, LogDestinationType]",
        [["{TrainingNetwork}", "s3"]],
    ),
    (
        "ssm",
        "get_parameter",
        {"Name": PARAMETER},
        "Parameter.Value",
        "/var/task/lambda_fn/release",
    ),
    (
        "logs",
        "describe_log_groups",
        {},
        "logGroups[?starts_with(logGroupName, 'style')].retentionInDays | [0]",
        90,
    ),
)
