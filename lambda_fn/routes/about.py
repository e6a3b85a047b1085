"""What the service says about itself: that it is up, its model, and where to ask what."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI

from lambda_fn.contract.history import ModelChange
from lambda_fn.feedback import FeedbackDesk
from lambda_fn.model import read_evaluation
from lambda_fn.related_works import Companions
from lambda_fn.runtime import StyleModel
from lambda_fn.schemas import Guide, Health, Limits, ModelCard

ReadHistory = Callable[[], list[ModelChange] | None]


@dataclass(frozen=True, slots=True)
class About:
    """What is known about the model beside its manifest; read when it is asked for."""

    evaluation: Path | None
    history: ReadHistory | None


def add_guide(app: FastAPI) -> None:
    """Add what `/` answers where no page is served."""

    @app.get("/", tags=["about"])
    def read_guide() -> Guide:
        """Name what can be asked here."""
        return Guide()


def add_about(
    app: FastAPI,
    model: StyleModel,
    companions: Companions,
    desk: FeedbackDesk | None,
    about: About,
    limits: Limits,
) -> None:
    """Add the routes for the health of the service and for its model."""

    @app.get("/v1/health", tags=["about"])
    def read_health() -> Health:
        """Say that the service is up; also a way to wake it before the first picture."""
        companions.catalogue.wake()
        if desk is not None:
            desk.wake()
        return Health(model=model.manifest.id, limits=limits)

    @app.get("/v1/model", tags=["about"])
    def read_model() -> ModelCard:
        """Tell all that is known about the model: data, recipe, figures, where it fails."""
        found = read_evaluation(about.evaluation) if about.evaluation else None
        changes = about.history() if about.history else None
        return ModelCard(manifest=model.manifest, evaluation=found, history=changes)
