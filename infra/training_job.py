"""TrainingJob: a queue for GPU machines that exist only while a job runs, and what runs there."""

from typing import Final, cast

import aws_cdk as cdk
from aws_cdk import aws_batch as batch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.config import StageConfig
from infra.container_images import training_image
from infra.logs import log_group
from infra.nag_suppressions import managed_policy, stand_by
from infra.storage import Storage, let_read, let_write

# what the smallest machine of each type has, less what its own agents need
VCPUS: Final = 4
MEMORY: Final = cdk.Size.gibibytes(13)
# the parameter that says what a job is to do, as JSON
SPEC: Final = "spec"
_DISK_GIB: Final = 100
# as many as Batch allows: each goes on where the one before was stopped
_ATTEMPTS: Final = 10
# by which a job asks to be tried again: it was told to stop, or AWS was away
_AGAIN: Final = "75"
# no machine to be had: long enough for Spot to come back, short enough to be told the same day
_WAIT: Final = cdk.Duration.hours(6)
# a job that no machine could ever run, or a quota of 0
_MISFIT: Final = cdk.Duration.minutes(15)


class TrainingJob(Construct):
    """The queue and the definition by which `submit` starts a training.

    Spot machines first, on-demand ones when there are none; `gpu_max_vcpus` bounds both together.
    The network has public subnets only: a NAT gateway would cost $33 a month, idle, and the
    machines let nobody in.
    """

    def __init__(
        self, scope: Construct, name: str, *, config: StageConfig, storage: Storage
    ) -> None:
        super().__init__(scope, name)
        self._vpc = _network(self, storage.logs)
        self._closed = ec2.SecurityGroup(
            self, "Closed", vpc=self._vpc, description="Machines for training: nobody gets in"
        )
        self._template = _launch_template(self)
        self._machine_role = _machine_role(self)
        machines = [self._machines("Spot", config, spot=True, vcpus=config.spot_vcpus)]
        if config.on_demand_vcpus:
            vcpus = config.on_demand_vcpus
            machines.append(self._machines("OnDemand", config, spot=False, vcpus=vcpus))
            # one after the other: at its first use Batch makes roles, and two at once collide
            machines[1].node.add_dependency(machines[0])
        self.queue = batch.JobQueue(
            self,
            "Queue",
            compute_environments=[
                batch.OrderedComputeEnvironment(compute_environment=one, order=order)
                for order, one in enumerate(machines, start=1)
            ],
            job_state_time_limit_actions=_give_up(),
        )
        self.role = iam.Role(
            self, "JobRole", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com")
        )
        let_read(self.role, storage.datasets)
        let_write(self.role, storage.runs)
        self.logs = log_group(self, "Logs", days=config.log_days)
        self.definition = self._definition(config, storage)

    def _machines(
        self, name: str, config: StageConfig, *, spot: bool, vcpus: int
    ) -> batch.ManagedEc2EcsComputeEnvironment:
        strategy = batch.AllocationStrategy
        machines = batch.ManagedEc2EcsComputeEnvironment(
            self,
            name,
            vpc=self._vpc,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC),
            security_groups=[self._closed],
            spot=spot,
            allocation_strategy=strategy.SPOT_PRICE_CAPACITY_OPTIMIZED
            if spot
            else strategy.BEST_FIT_PROGRESSIVE,
            instance_types=[ec2.InstanceType(one) for one in config.gpu_instances],
            use_optimal_instance_classes=False,
            images=[batch.EcsMachineImage(image_type=batch.EcsMachineImageType.ECS_AL2023_NVIDIA)],
            minv_cpus=0,
            maxv_cpus=vcpus,
            launch_template=self._template,
            instance_role=self._machine_role,
            # a changed type or disk changes the machines to come, under the same name
            replace_compute_environment=False,
            update_to_latest_image_version=True,
        )
        # by its number: what is called $Default or $Latest changes without a change here, and
        # Batch goes on with the version that it took first
        resource = cast(batch.CfnComputeEnvironment, machines.node.default_child)
        resource.add_property_override(
            "ComputeResources.LaunchTemplate.Version", self._template.latest_version_number
        )
        return machines

    def _definition(self, config: StageConfig, storage: Storage) -> batch.EcsJobDefinition:
        container = batch.EcsEc2ContainerDefinition(
            self,
            "Container",
            image=ecs.ContainerImage.from_docker_image_asset(training_image(self, "Image")),
            cpu=VCPUS,
            memory=MEMORY,
            gpu=1,
            command=["job", f"Ref::{SPEC}"],
            job_role=self.role,
            environment={
                "ARTSTYLE_DATASETS": f"s3://{storage.datasets.bucket_name}",
                "ARTSTYLE_RUNS": f"s3://{storage.runs.bucket_name}",
                "ARTSTYLE_JOB_HOURS": str(config.job_timeout_h),
                # on machines of EC2 neither Batch nor ECS tells a container where it is
                "AWS_DEFAULT_REGION": cdk.Stack.of(self).region,
            },
            logging=ecs.LogDriver.aws_logs(stream_prefix="training", log_group=self.logs),
        )
        why = "ecr:GetAuthorizationToken is for the whole registry; AWS knows no narrower one."
        stand_by(container.execution_role, {"IAM5[Resource::*]": why})
        retry = batch.RetryStrategy.of
        return batch.EcsJobDefinition(
            self,
            "Definition",
            container=container,
            # of an attempt; the job itself adds them up: training/cloud/time_limit.py
            timeout=cdk.Duration.hours(config.job_timeout_h),
            retry_attempts=_ATTEMPTS,
            retry_strategies=[
                retry(batch.Action.RETRY, batch.Reason.SPOT_INSTANCE_RECLAIMED),
                retry(batch.Action.RETRY, batch.Reason.custom(on_exit_code=_AGAIN)),
                retry(batch.Action.EXIT, batch.Reason.custom(on_reason="*")),
            ],
            propagate_tags=True,
        )


def _network(scope: Construct, logs: s3.Bucket) -> ec2.Vpc:
    vpc = ec2.Vpc(
        scope,
        "Network",
        max_azs=2,
        nat_gateways=0,
        subnet_configuration=[
            ec2.SubnetConfiguration(name="public", subnet_type=ec2.SubnetType.PUBLIC, cidr_mask=24)
        ],
        restrict_default_security_group=False,
    )
    # datasets and models take this way: it costs nothing
    vpc.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3)
    vpc.add_flow_log("Flow", destination=ec2.FlowLogDestination.to_s3(logs, "vpc"))
    return vpc


def _launch_template(scope: Construct) -> ec2.LaunchTemplate:
    disk = ec2.BlockDeviceVolume.ebs(
        _DISK_GIB, encrypted=True, volume_type=ec2.EbsDeviceVolumeType.GP3
    )
    return ec2.LaunchTemplate(
        scope,
        "Machine",
        block_devices=[ec2.BlockDevice(device_name="/dev/xvda", volume=disk)],
        require_imdsv2=True,
        # two, so that the container too hears that its Spot machine will be taken away
        http_put_response_hop_limit=2,
        user_data=_drain_when_taken_back(),
    )


def _drain_when_taken_back() -> ec2.UserData:
    """Let ECS take no more jobs on a Spot machine that has its notice.

    Without it the next attempt may land on the very machine that is being taken away. Batch wants
    the form of several parts, and adds its own.
    """
    settings = ec2.UserData.for_linux()
    settings.add_commands("echo ECS_ENABLE_SPOT_INSTANCE_DRAINING=true >> /etc/ecs/ecs.config")
    parts = ec2.MultipartUserData()
    parts.add_part(ec2.MultipartBody.from_user_data(settings))
    return parts


def _machine_role(scope: Construct) -> iam.Role:
    policy = "AmazonEC2ContainerServiceforEC2Role"
    role = iam.Role(
        scope,
        "MachineRole",
        assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"),
        managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name(f"service-role/{policy}")],
    )
    stand_by(role, {managed_policy(policy): "AWS's own list of what ECS needs of its machines."})
    return role


def _give_up() -> list[batch.JobStateTimeLimitAction]:
    """Cancel a job that would wait for ever, with the reason in its status."""
    reasons = batch.JobStateTimeLimitActionsReason
    return [
        batch.JobStateTimeLimitAction(
            max_time=_WAIT, reason=reasons.INSUFFICIENT_INSTANCE_CAPACITY
        ),
        batch.JobStateTimeLimitAction(
            max_time=_MISFIT, reason=reasons.COMPUTE_ENVIRONMENT_MAX_RESOURCE
        ),
        batch.JobStateTimeLimitAction(max_time=_MISFIT, reason=reasons.JOB_RESOURCE_REQUIREMENT),
    ]
