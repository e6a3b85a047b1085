"""ArtStyleStack: data, service and page; makes the parts, grants access, prints outputs."""

import aws_cdk as cdk
from constructs import Construct

from infra.config import StageConfig
from infra.mongodb_secret import Catalogue
from infra.monitoring import Watch
from infra.rollout import Rollout
from infra.service import Service
from infra.storage import Storage, let_pass_on, let_read
from infra.website import Website


class ArtStyleStack(cdk.Stack):
    """One stage of what visitors use; knows neither account nor region.

    storage: the buckets, and topic: what alarms ring, for the stack that trains.
    """

    def __init__(self, scope: Construct, name: str, *, config: StageConfig) -> None:
        super().__init__(
            scope,
            name,
            description="Style Your Art: the name of a picture's style",
            termination_protection=config.is_kept,
        )
        self.storage = storage = Storage(self, "Storage", config=config)
        catalogue = (
            Catalogue(self, "Catalogue", is_kept=config.is_kept) if config.has_mongodb else None
        )
        service = Service(
            self,
            "Service",
            config=config,
            environment={
                "ARTSTYLE_UPLOADS_BUCKET": storage.uploads.bucket_name,
                # what the service may read of the bucket of models already
                "ARTSTYLE_HISTORY": storage.models.s3_url_for_object("models/history.json"),
                **(catalogue.environment if catalogue else {}),
            },
        )
        website = Website(
            self,
            "Website",
            config=config,
            api_domain=service.api_domain,
            uploads=storage.uploads,
            logs=storage.logs,
        )
        watch = Watch(
            self,
            "Watch",
            config=config,
            alias=service.alias,
            api=service.api,
            log=service.logs,
        )
        self.topic = watch.topic

        if catalogue:
            catalogue.secret.grant_read(service.role)
        let_read(service.role, storage.models)
        let_pass_on(service.role, storage.uploads)
        Rollout(
            self,
            "Rollout",
            alias=service.alias,
            guards=watch.guards,
            is_canary=config.is_canary,
            log_days=config.log_days,
        )

        self._tell(
            SiteUrl=website.url,
            ApiUrl=f"https://{service.api_domain}",
            SiteBucket=website.bucket.bucket_name,
            UploadsBucket=storage.uploads.bucket_name,
            DatasetsBucket=storage.datasets.bucket_name,
            RunsBucket=storage.runs.bucket_name,
            ModelsBucket=storage.models.bucket_name,
            ModelParameter=service.live_model.parameter_name,
            FunctionName=service.function.function_name,
            FunctionAlias=service.alias.alias_name,
            AlarmTopic=watch.topic.topic_arn,
        )
        if catalogue:
            self._tell(MongodbSecret=catalogue.secret.secret_arn)
        if config.domain:
            self._tell(CdnName=website.distribution.distribution_domain_name)

    def _tell(self, **outputs: str) -> None:
        for name, value in outputs.items():
            cdk.CfnOutput(self, name, value=value)
