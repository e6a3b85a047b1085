"""TrainingStack: machines for training beside the service, which does not need them."""

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.config import StageConfig
from infra.storage import Storage
from infra.training_job import TrainingJob


class TrainingStack(cdk.Stack):
    """The queue, its machines and its network; it can fail, or go, without page and API.

    storage: the buckets that jobs read and write. topic: is told of jobs that fail.
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        config: StageConfig,
        storage: Storage,
        topic: sns.Topic,
    ) -> None:
        super().__init__(
            scope,
            name,
            description="Style Your Art: machines for training",
            termination_protection=config.is_kept,
        )
        training = TrainingJob(self, "Training", config=config, storage=storage)
        self._tell_of_failed_jobs(training, topic)
        outputs = {
            "JobQueue": training.queue.job_queue_arn,
            "JobDefinition": training.definition.job_definition_arn,
            "JobLogs": training.logs.log_group_name,
            "JobMachines": ",".join(config.gpu_instances),
        }
        for output, value in outputs.items():
            cdk.CfnOutput(self, output, value=value)

    def _tell_of_failed_jobs(self, training: TrainingJob, topic: sns.Topic) -> None:
        """Batch has no metric for it, but an event."""
        rule = events.Rule(
            self,
            "FailedJobs",
            description="Style Your Art: a training failed",
            event_pattern=events.EventPattern(
                source=["aws.batch"],
                detail_type=["Batch Job State Change"],
                detail={"status": ["FAILED"], "jobQueue": [training.queue.job_queue_arn]},
            ),
        )
        job, reason = map(
            events.EventField.from_path, ("$.detail.jobName", "$.detail.statusReason")
        )
        message = events.RuleTargetInput.from_text(f"The training {job} failed: {reason}")
        rule.add_target(targets.SnsTopic(topic, message=message))
