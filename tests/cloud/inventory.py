"""What an account holds, by the APIs that list it."""

from typing import Final

import jmespath

from tests.cloud.deployer import Deployer
from tests.cloud.resources import ACCOUNT

Inventory = dict[str, set[str]]

# service, operation, and where the names are in its answer
LISTS: Final = (
    ("apigatewayv2", "get_apis", "Items[].Name"),
    ("batch", "describe_compute_environments", "computeEnvironments[].computeEnvironmentName"),
    ("batch", "describe_job_queues", "jobQueues[].jobQueueName"),
    ("batch", "describe_job_definitions", "jobDefinitions[?status=='ACTIVE'].jobDefinitionName"),
    ("cloudfront", "list_distributions", "DistributionList.Items[].Id"),
    ("cloudfront", "list_origin_access_controls", "OriginAccessControlList.Items[].Id"),
    ("cloudwatch", "describe_alarms", "MetricAlarms[].AlarmName"),
    ("cloudwatch", "list_dashboards", "DashboardEntries[].DashboardName"),
    ("codedeploy", "list_applications", "applications"),
    ("ec2", "describe_flow_logs", "FlowLogs[].FlowLogId"),
    ("ec2", "describe_internet_gateways", "InternetGateways[].InternetGatewayId"),
    ("ec2", "describe_launch_templates", "LaunchTemplates[].LaunchTemplateId"),
    ("ec2", "describe_route_tables", "RouteTables[].RouteTableId"),
    ("ec2", "describe_security_groups", "SecurityGroups[].GroupId"),
    ("ec2", "describe_subnets", "Subnets[].SubnetId"),
    ("ec2", "describe_vpc_endpoints", "VpcEndpoints[?State!='deleted'].VpcEndpointId"),
    ("ec2", "describe_vpcs", "Vpcs[].VpcId"),
    ("events", "list_rules", "Rules[].Name"),
    ("iam", "list_instance_profiles", "InstanceProfiles[].InstanceProfileName"),
    ("iam", "list_roles", "Roles[].RoleName"),
    ("lambda", "list_functions", "Functions[].FunctionName"),
    ("lambda", "list_layers", "Layers[].LayerName"),
    ("logs", "describe_log_groups", "logGroups[].logGroupName"),
    ("s3", "list_buckets", "Buckets[].Name"),
    ("secretsmanager", "list_secrets", "SecretList[].Name"),
    ("sns", "list_subscriptions", "Subscriptions[].SubscriptionArn"),
    ("sns", "list_topics", "Topics[].TopicArn"),
    ("ssm", "describe_parameters", "Parameters[].Name"),
)


def inventory(deployer: Deployer) -> Inventory:
    """Return the names of all that the account holds, by the list that they are in."""
    held: Inventory = {}
    for service, operation, names in LISTS:
        client = deployer.client(service)
        answer = getattr(client, operation)()
        held[f"{service} {operation}"] = set(jmespath.search(names, answer) or [])
    budgets = deployer.client("budgets").describe_budgets(AccountId=ACCOUNT)["Budgets"]
    held["budgets"] = {one["BudgetName"] for one in budgets}
    return held
