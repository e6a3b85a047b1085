"""The types of resources of our stack and of the CDK's own, each by the API that makes it."""

import io
import json
import secrets
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tests.cloud.resources import ACCOUNT, Also, Call, Kind, Properties

_ALL: Final = True
_REPLIES: Final = Path(__file__).with_name("cfnresponse.py")


def _arn(service: str, resource: str) -> str:
    """Return the JMESPath of an ARN; `resource` is one itself."""
    return f"join('', ['arn:aws:{service}:', region, ':{ACCOUNT}:', {resource}])"


def _tags(*, identifier: str = "[id]") -> Also:
    return Also("Tags", Call("create_tags", {"Resources": identifier, "Tags": "value"}))


def _with_code(properties: Properties) -> Properties:
    """Put code that stands in the template into an archive, as CloudFormation does."""
    text = properties["Code"].get("ZipFile")
    if text is None:
        return properties
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        # no date: the same code is the same archive
        file.writestr(zipfile.ZipInfo("index.py"), text)
        file.writestr(zipfile.ZipInfo(_REPLIES.name), _REPLIES.read_text("utf-8"))
    return {**properties, "Code": {"ZipFile": archive.getvalue()}}


def _with_ports(properties: Properties) -> Properties:
    """Put in what CloudFormation assumes of an origin and the API wants to be told."""
    config = properties["DistributionConfig"]
    ports = {"HTTPPort": 80, "HTTPSPort": 443}
    origins = [
        {**origin, "CustomOriginConfig": {**ports, **origin["CustomOriginConfig"]}}
        if "CustomOriginConfig" in origin
        else origin
        for origin in config["Origins"]
    ]
    return {"DistributionConfig": {"Comment": "", **config, "Origins": origins}}


def _with_secret(properties: Properties) -> Properties:
    """Make up what a secret is to hold."""
    wanted = properties["GenerateSecretString"]
    held = json.loads(wanted["SecretStringTemplate"])
    made_up = secrets.token_hex(wanted["PasswordLength"])[: wanted["PasswordLength"]]
    held[wanted["GenerateStringKey"]] = made_up
    return {
        **{name: value for name, value in properties.items() if value is not wanted},
        "SecretString": held,
    }


def _with_qualifier(properties: Properties) -> Properties:
    """Name a function and its alias one by one, which moto finds and the alias's ARN not."""
    function, _, alias = str(properties["FunctionName"]).rpartition(":")
    return {**properties, "FunctionName": function, "Qualifier": alias}


def _by_id(service: str, operation: str, argument: str, **more: Any) -> dict[str, Any]:
    """Return what all resources share that are found and deleted by their id alone."""
    return {"service": service, "delete": (Call(operation, {argument: "id"}),), **more}


# which AWS makes when Batch is used for the first time; moto writes it in small letters
_BATCH_ROLE: Final = (
    f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/batch.amazonaws.com/AWSServiceRoleForbatch"
)

_PERMISSIONS: Final[Mapping[str, Kind]] = {
    "AWS::IAM::Role": Kind(
        **_by_id("iam", "delete_role", "RoleName"),
        create=Call("create_role"),
        id="answer.Role.RoleName",
        name="RoleName",
        attributes={"Arn": "answer.Role.Arn", "RoleId": "answer.Role.RoleId"},
        also=(
            Also(
                "Policies",
                Call(
                    "put_role_policy",
                    {
                        "RoleName": "id",
                        "PolicyName": "value.PolicyName",
                        "PolicyDocument": "value.PolicyDocument",
                    },
                ),
                Call("delete_role_policy", {"RoleName": "id", "PolicyName": "value.PolicyName"}),
                is_each=True,
            ),
            Also(
                "ManagedPolicyArns",
                Call("attach_role_policy", {"RoleName": "id", "PolicyArn": "value"}),
                Call("detach_role_policy", {"RoleName": "id", "PolicyArn": "value"}),
                is_each=True,
            ),
        ),
    ),
    "AWS::IAM::Policy": Kind(
        service="iam",
        create=None,
        id="properties.PolicyName",
        also=(
            Also(
                "Roles",
                Call(
                    "put_role_policy",
                    {
                        "RoleName": "value",
                        "PolicyName": "properties.PolicyName",
                        "PolicyDocument": "properties.PolicyDocument",
                    },
                ),
                Call(
                    "delete_role_policy",
                    {"RoleName": "value", "PolicyName": "properties.PolicyName"},
                ),
                is_each=True,
                sends=("PolicyDocument",),
            ),
        ),
    ),
    "AWS::IAM::InstanceProfile": Kind(
        **_by_id("iam", "delete_instance_profile", "InstanceProfileName"),
        create=Call("create_instance_profile"),
        id="answer.InstanceProfile.InstanceProfileName",
        name="InstanceProfileName",
        attributes={"Arn": "answer.InstanceProfile.Arn"},
        also=(
            Also(
                "Roles",
                Call(
                    "add_role_to_instance_profile",
                    {"InstanceProfileName": "id", "RoleName": "value"},
                ),
                Call(
                    "remove_role_from_instance_profile",
                    {"InstanceProfileName": "id", "RoleName": "value"},
                ),
                is_each=True,
            ),
        ),
    ),
    "AWS::SecretsManager::Secret": Kind(
        service="secretsmanager",
        create=Call("create_secret"),
        id="answer.ARN",
        name="Name",
        attributes={"Id": "answer.ARN"},
        delete=(Call("delete_secret", {"SecretId": "id", "ForceDeleteWithoutRecovery": "`true`"}),),
        prepare=_with_secret,
    ),
}


def _bucket_part(property_: str, operation: str, argument: str, at: str = "value") -> Also:
    return Also(property_, Call(operation, {"Bucket": "id", argument: at}))


_RULES: Final = """value.Rules[].{
    ID: Id || to_string(@), Status: Status, Filter: {Prefix: Prefix || ''},
    Expiration: ExpirationInDays && {Days: ExpirationInDays},
    NoncurrentVersionExpiration: NoncurrentVersionExpiration,
    AbortIncompleteMultipartUpload: AbortIncompleteMultipartUpload
}"""
_ENCRYPTION: Final = """value.ServerSideEncryptionConfiguration[].{
    ApplyServerSideEncryptionByDefault: ServerSideEncryptionByDefault
}"""
_CORS: Final = """value.CorsRules[].{
    AllowedHeaders: AllowedHeaders, AllowedMethods: AllowedMethods, AllowedOrigins: AllowedOrigins,
    MaxAgeSeconds: MaxAge
}"""

_STORAGE: Final[Mapping[str, Kind]] = {
    "AWS::S3::Bucket": Kind(
        **_by_id("s3", "delete_bucket", "Bucket"),
        create=Call(
            "create_bucket",
            {
                "Bucket": "properties.BucketName",
                "CreateBucketConfiguration.LocationConstraint": "region",
            },
        ),
        id="properties.BucketName",
        name="BucketName",
        ignored=("BucketName",),
        renamed={"AccessControl": "ACL"},
        attributes={
            "Arn": "join('', ['arn:aws:s3:::', id])",
            "DomainName": "join('', [id, '.s3.amazonaws.com'])",
            "RegionalDomainName": "join('', [id, '.s3.', region, '.amazonaws.com'])",
        },
        also=(
            _bucket_part(
                "BucketEncryption",
                "put_bucket_encryption",
                "ServerSideEncryptionConfiguration.Rules",
                _ENCRYPTION,
            ),
            _bucket_part(
                "CorsConfiguration", "put_bucket_cors", "CORSConfiguration.CORSRules", _CORS
            ),
            _bucket_part(
                "LifecycleConfiguration",
                "put_bucket_lifecycle_configuration",
                "LifecycleConfiguration.Rules",
                _RULES,
            ),
            _bucket_part(
                "LoggingConfiguration",
                "put_bucket_logging",
                "BucketLoggingStatus.LoggingEnabled",
                "{TargetBucket: value.DestinationBucketName, TargetPrefix: value.LogFilePrefix}",
            ),
            _bucket_part("OwnershipControls", "put_bucket_ownership_controls", "OwnershipControls"),
            _bucket_part(
                "PublicAccessBlockConfiguration",
                "put_public_access_block",
                "PublicAccessBlockConfiguration",
            ),
            _bucket_part("Tags", "put_bucket_tagging", "Tagging.TagSet"),
            _bucket_part(
                "VersioningConfiguration", "put_bucket_versioning", "VersioningConfiguration"
            ),
        ),
    ),
    "AWS::S3::BucketPolicy": Kind(
        service="s3",
        create=Call(
            "put_bucket_policy",
            {"Bucket": "properties.Bucket", "Policy": "properties.PolicyDocument"},
        ),
        ignored=("Bucket", "PolicyDocument"),
        id="properties.Bucket",
        delete=(Call("delete_bucket_policy", {"Bucket": "id"}),),
    ),
    "AWS::ECR::Repository": Kind(
        **_by_id("ecr", "delete_repository", "repositoryName"),
        create=Call("create_repository"),
        id="answer.repository.repositoryName",
        attributes={"Arn": "answer.repository.repositoryArn"},
        also=(
            Also(
                "LifecyclePolicy",
                Call(
                    "put_lifecycle_policy",
                    {
                        "repositoryName": "id",
                        "lifecyclePolicyText": "value.LifecyclePolicyText",
                    },
                ),
            ),
            Also(
                "RepositoryPolicyText",
                Call("set_repository_policy", {"repositoryName": "id", "policyText": "value"}),
            ),
        ),
    ),
    "AWS::SSM::Parameter": Kind(
        **_by_id("ssm", "delete_parameter", "Name"),
        create=Call("put_parameter"),
        id="properties.Name",
    ),
}

_SERVICE: Final[Mapping[str, Kind]] = {
    "AWS::Lambda::Function": Kind(
        **_by_id("lambda", "delete_function", "FunctionName"),
        create=Call("create_function"),
        id="answer.FunctionName",
        name="FunctionName",
        attributes={"Arn": "answer.FunctionArn"},
        prepare=_with_code,
        also=(
            Also(
                "ReservedConcurrentExecutions",
                Call(
                    "put_function_concurrency",
                    {"FunctionName": "id", "ReservedConcurrentExecutions": "value"},
                ),
                Call("delete_function_concurrency", {"FunctionName": "id"}),
            ),
        ),
        update=(
            Call(
                "update_function_code",
                {
                    "FunctionName": "id",
                    "ImageUri": "properties.Code.ImageUri",
                    "S3Bucket": "properties.Code.S3Bucket",
                    "S3Key": "properties.Code.S3Key",
                    "ZipFile": "properties.Code.ZipFile",
                },
            ),
            Call("update_function_configuration", {"FunctionName": "id"}, _ALL),
        ),
    ),
    "AWS::Lambda::LayerVersion": Kind(
        service="lambda",
        create=Call("publish_layer_version"),
        id="answer.LayerVersionArn",
        name="LayerName",
        attributes={"_Layer": "answer.LayerArn", "_Version": "answer.Version"},
        delete=(
            Call(
                "delete_layer_version",
                {"LayerName": "attributes._Layer", "VersionNumber": "attributes._Version"},
            ),
        ),
    ),
    "AWS::Lambda::Version": Kind(
        service="lambda",
        create=Call("publish_version"),
        id="answer.FunctionArn",
        attributes={"Version": "answer.Version", "FunctionArn": "answer.FunctionArn"},
        delete=(
            Call(
                "delete_function",
                {"FunctionName": "properties.FunctionName", "Qualifier": "attributes.Version"},
            ),
        ),
    ),
    "AWS::Lambda::Alias": Kind(
        service="lambda",
        create=Call("create_alias"),
        id="answer.AliasArn",
        attributes={"AliasArn": "answer.AliasArn"},
        update=(Call("update_alias", {}, _ALL),),
        delete=(
            Call(
                "delete_alias",
                {"FunctionName": "properties.FunctionName", "Name": "properties.Name"},
            ),
        ),
    ),
    "AWS::Lambda::Permission": Kind(
        service="lambda",
        create=Call("add_permission", {"StatementId": "name"}),
        id="name",
        prepare=_with_qualifier,
        delete=(
            Call(
                "remove_permission",
                {
                    "FunctionName": "properties.FunctionName",
                    "Qualifier": "properties.Qualifier",
                    "StatementId": "id",
                },
            ),
        ),
    ),
    "AWS::ApiGatewayV2::Api": Kind(
        **_by_id("apigatewayv2", "delete_api", "ApiId"),
        create=Call("create_api"),
        id="answer.ApiId",
        attributes={"ApiId": "answer.ApiId", "ApiEndpoint": "answer.ApiEndpoint"},
    ),
    **{
        f"AWS::ApiGatewayV2::{name}": Kind(
            service="apigatewayv2",
            create=Call(f"create_{name.lower()}"),
            id=f"answer.{key}",
            delete=(Call(f"delete_{name.lower()}", {"ApiId": "properties.ApiId", key: "id"}),),
        )
        for name, key in (
            ("Integration", "IntegrationId"),
            ("Route", "RouteId"),
            ("Stage", "StageName"),
        )
    },
    "AWS::CodeDeploy::Application": Kind(
        **_by_id("codedeploy", "delete_application", "applicationName"),
        create=Call("create_application"),
        id="properties.ApplicationName",
        name="ApplicationName",
    ),
    "AWS::CodeDeploy::DeploymentGroup": Kind(
        service="codedeploy",
        create=Call("create_deployment_group"),
        id="properties.DeploymentGroupName",
        name="DeploymentGroupName",
        update=(Call("update_deployment_group", {"currentDeploymentGroupName": "id"}, _ALL),),
        delete=(
            Call(
                "delete_deployment_group",
                {"applicationName": "properties.ApplicationName", "deploymentGroupName": "id"},
            ),
        ),
    ),
}

_WEBSITE: Final[Mapping[str, Kind]] = {
    "AWS::CloudFront::Distribution": Kind(
        service="cloudfront",
        create=Call("create_distribution", {"DistributionConfig.CallerReference": "name"}),
        id="answer.Distribution.Id",
        attributes={"Id": "found.Distribution.Id", "DomainName": "found.Distribution.DomainName"},
        look=Call("get_distribution", {"Id": "id"}),
        delete=(Call("delete_distribution", {"Id": "id", "IfMatch": "found.ETag"}),),
        renamed={"IPV6Enabled": "IsIPV6Enabled"},
        ignored=("Tags",),
        prepare=_with_ports,
    ),
    "AWS::CloudFront::OriginAccessControl": Kind(
        **_by_id("cloudfront", "delete_origin_access_control", "Id"),
        create=Call("create_origin_access_control"),
        id="answer.OriginAccessControl.Id",
        attributes={"Id": "answer.OriginAccessControl.Id"},
    ),
    **{
        f"AWS::CloudFront::{name}Policy": Kind(
            **_by_id("cloudfront", f"delete_{words}_policy", "Id"),
            create=Call(f"create_{words}_policy"),
            id=f"answer.{name}Policy.Id",
            attributes={"Id": f"answer.{name}Policy.Id"},
        )
        for name, words in (("Cache", "cache"), ("ResponseHeaders", "response_headers"))
    },
}

_NETWORK: Final[Mapping[str, Kind]] = {
    "AWS::EC2::VPC": Kind(
        **_by_id("ec2", "delete_vpc", "VpcId"),
        create=Call("create_vpc"),
        id="answer.Vpc.VpcId",
        attributes={"VpcId": "answer.Vpc.VpcId"},
        also=(
            _tags(),
            *(
                Also(
                    name,
                    Call("modify_vpc_attribute", {"VpcId": "id", name: "{Value: value}"}),
                )
                for name in ("EnableDnsSupport", "EnableDnsHostnames")
            ),
        ),
    ),
    "AWS::EC2::Subnet": Kind(
        **_by_id("ec2", "delete_subnet", "SubnetId"),
        create=Call("create_subnet"),
        id="answer.Subnet.SubnetId",
        attributes={"SubnetId": "answer.Subnet.SubnetId"},
        also=(
            _tags(),
            Also(
                "MapPublicIpOnLaunch",
                Call(
                    "modify_subnet_attribute",
                    {"SubnetId": "id", "MapPublicIpOnLaunch": "{Value: value}"},
                ),
            ),
        ),
    ),
    "AWS::EC2::RouteTable": Kind(
        **_by_id("ec2", "delete_route_table", "RouteTableId"),
        create=Call("create_route_table"),
        id="answer.RouteTable.RouteTableId",
        also=(_tags(),),
    ),
    "AWS::EC2::Route": Kind(
        service="ec2",
        create=Call("create_route"),
        id="name",
        delete=(
            Call(
                "delete_route",
                {
                    "RouteTableId": "properties.RouteTableId",
                    "DestinationCidrBlock": "properties.DestinationCidrBlock",
                },
            ),
        ),
    ),
    "AWS::EC2::SubnetRouteTableAssociation": Kind(
        **_by_id("ec2", "disassociate_route_table", "AssociationId"),
        create=Call("associate_route_table"),
        id="answer.AssociationId",
    ),
    "AWS::EC2::InternetGateway": Kind(
        **_by_id("ec2", "delete_internet_gateway", "InternetGatewayId"),
        create=Call("create_internet_gateway"),
        id="answer.InternetGateway.InternetGatewayId",
        also=(_tags(),),
    ),
    "AWS::EC2::VPCGatewayAttachment": Kind(
        service="ec2",
        create=Call("attach_internet_gateway"),
        id="name",
        delete=(
            Call(
                "detach_internet_gateway",
                {
                    "InternetGatewayId": "properties.InternetGatewayId",
                    "VpcId": "properties.VpcId",
                },
            ),
        ),
    ),
    "AWS::EC2::VPCEndpoint": Kind(
        service="ec2",
        create=Call("create_vpc_endpoint"),
        id="answer.VpcEndpoint.VpcEndpointId",
        also=(_tags(),),
        delete=(Call("delete_vpc_endpoints", {"VpcEndpointIds": "[id]"}),),
    ),
    "AWS::EC2::FlowLog": Kind(
        service="ec2",
        create=Call("create_flow_logs", {"ResourceIds": "[properties.ResourceId]"}),
        id="answer.FlowLogIds[0]",
        ignored=("ResourceId",),
        also=(_tags(),),
        delete=(Call("delete_flow_logs", {"FlowLogIds": "[id]"}),),
    ),
    "AWS::EC2::SecurityGroup": Kind(
        **_by_id("ec2", "delete_security_group", "GroupId"),
        create=Call("create_security_group"),
        id="answer.GroupId",
        name="GroupName",
        attributes={"GroupId": "answer.GroupId"},
        renamed={"GroupDescription": "Description"},
        also=(_tags(),),
        # all the way out is what EC2 gives a group by itself
        ignored=("SecurityGroupEgress",),
    ),
    "AWS::EC2::LaunchTemplate": Kind(
        **_by_id("ec2", "delete_launch_template", "LaunchTemplateId"),
        create=Call("create_launch_template"),
        id="answer.LaunchTemplate.LaunchTemplateId",
        name="LaunchTemplateName",
        attributes={
            "LatestVersionNumber": "to_string(answer.LaunchTemplate.LatestVersionNumber "
            "|| answer.LaunchTemplateVersion.VersionNumber)"
        },
        update=(Call("create_launch_template_version", {"LaunchTemplateId": "id"}, _ALL),),
    ),
}

_TRAINING: Final[Mapping[str, Kind]] = {
    "AWS::Batch::ComputeEnvironment": Kind(
        service="batch",
        create=Call(
            "create_compute_environment",
            {"serviceRole": f"'{_BATCH_ROLE}'"},
        ),
        id="answer.computeEnvironmentArn",
        name="ComputeEnvironmentName",
        attributes={"ComputeEnvironmentArn": "answer.computeEnvironmentArn"},
        # of an update only
        ignored=("ReplaceComputeEnvironment", "UpdatePolicy"),
        prepare=lambda properties: {
            **properties,
            "ComputeResources": {
                name: value
                for name, value in properties["ComputeResources"].items()
                if name != "UpdateToLatestImageVersion"
            },
        },
        delete=(
            Call("update_compute_environment", {"computeEnvironment": "id", "state": "'DISABLED'"}),
            Call("delete_compute_environment", {"computeEnvironment": "id"}),
        ),
    ),
    "AWS::Batch::JobQueue": Kind(
        service="batch",
        create=Call("create_job_queue"),
        id="answer.jobQueueArn",
        name="JobQueueName",
        attributes={"JobQueueArn": "answer.jobQueueArn"},
        delete=(
            Call("update_job_queue", {"jobQueue": "id", "state": "'DISABLED'"}),
            Call("delete_job_queue", {"jobQueue": "id"}),
        ),
    ),
    "AWS::Batch::JobDefinition": Kind(
        **_by_id("batch", "deregister_job_definition", "jobDefinition"),
        create=Call("register_job_definition"),
        id="answer.jobDefinitionArn",
        name="JobDefinitionName",
        attributes={"JobDefinitionArn": "answer.jobDefinitionArn"},
    ),
}

_WATCH: Final[Mapping[str, Kind]] = {
    "AWS::Logs::LogGroup": Kind(
        **_by_id("logs", "delete_log_group", "logGroupName"),
        create=Call("create_log_group"),
        id="properties.LogGroupName",
        name="LogGroupName",
        attributes={"Arn": _arn("logs", "join('', ['log-group:', id, ':*'])")},
        also=(
            Also(
                "RetentionInDays",
                Call("put_retention_policy", {"logGroupName": "id", "retentionInDays": "value"}),
            ),
        ),
    ),
    "AWS::Logs::MetricFilter": Kind(
        service="logs",
        create=Call("put_metric_filter"),
        id="properties.FilterName",
        name="FilterName",
        update=(Call("put_metric_filter", {}, _ALL),),
        delete=(
            Call(
                "delete_metric_filter",
                {"logGroupName": "properties.LogGroupName", "filterName": "id"},
            ),
        ),
    ),
    "AWS::CloudWatch::Alarm": Kind(
        service="cloudwatch",
        create=Call("put_metric_alarm"),
        id="properties.AlarmName",
        name="AlarmName",
        attributes={"Arn": _arn("cloudwatch", "join('', ['alarm:', id])")},
        delete=(Call("delete_alarms", {"AlarmNames": "[id]"}),),
    ),
    "AWS::CloudWatch::Dashboard": Kind(
        service="cloudwatch",
        create=Call("put_dashboard"),
        id="properties.DashboardName",
        name="DashboardName",
        delete=(Call("delete_dashboards", {"DashboardNames": "[id]"}),),
    ),
    "AWS::SNS::Topic": Kind(
        **_by_id("sns", "delete_topic", "TopicArn"),
        create=Call("create_topic"),
        id="answer.TopicArn",
        name="TopicName",
        renamed={"TopicName": "Name"},
    ),
    "AWS::SNS::TopicPolicy": Kind(
        service="sns",
        create=None,
        id="name",
        also=(
            Also(
                "Topics",
                Call(
                    "set_topic_attributes",
                    {
                        "TopicArn": "value",
                        "AttributeName": "'Policy'",
                        "AttributeValue": "properties.PolicyDocument",
                    },
                ),
                is_each=True,
                sends=("PolicyDocument",),
            ),
        ),
    ),
    "AWS::SNS::Subscription": Kind(
        **_by_id("sns", "unsubscribe", "SubscriptionArn"),
        create=Call("subscribe", {"ReturnSubscriptionArn": "`true`"}),
        id="answer.SubscriptionArn",
    ),
    "AWS::Events::Rule": Kind(
        **_by_id("events", "delete_rule", "Name"),
        create=Call("put_rule"),
        id="properties.Name",
        name="Name",
        attributes={"Arn": "answer.RuleArn"},
        also=(
            Also(
                "Targets",
                Call("put_targets", {"Rule": "id", "Targets": "value"}),
                Call("remove_targets", {"Rule": "id", "Ids": "value[].Id"}),
            ),
        ),
    ),
    "AWS::Budgets::Budget": Kind(
        service="budgets",
        create=Call("create_budget", {"AccountId": f"'{ACCOUNT}'", "Budget.BudgetName": "name"}),
        id="name",
        delete=(Call("delete_budget", {"AccountId": f"'{ACCOUNT}'", "BudgetName": "id"}),),
    ),
}

KINDS: Final[Mapping[str, Kind]] = {
    **_PERMISSIONS,
    **_STORAGE,
    **_SERVICE,
    **_WEBSITE,
    **_NETWORK,
    **_TRAINING,
    **_WATCH,
}
