"""The learning-rate range test: raise the rate batch by batch and watch the loss.

Source: Smith 2017, arXiv 1506.01186. The rate grows by the same factor each time, not by the same
amount as in the paper: the useful rates span several powers of ten. The loss is smoothed, and the
test ends where it is four times its best. The rate that it suggests is the one at which the
smoothed loss fell fastest.

The folder gets `rates.csv`, `rate.png` and `loss.png`.
"""

from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from training.config import TrainConfig
from training.errors import TrainingError
from training.files import write_table
from training.optimise import compile_model
from training.plots import ACCENT, COOL, figure
from training.train import Job, load_parts, make_job, numbers_of, refuse_misfit
from training.works import load_dataset

STEPS = 120
DIVERGED = 4.0
_MEMORY = 0.9  # of the smoothed loss
_WARM_UP = 5  # the first smoothed values follow single batches


@dataclass(frozen=True, slots=True)
class RangeTest:
    """What was seen, in the order of the steps: shape (steps,) each."""

    rates: NDArray[np.float64]
    losses: NDArray[np.float64]

    @property
    def smoothed(self) -> NDArray[np.float64]:
        """The moving mean of the losses, without its bias towards 0 at the start."""
        return smooth(self.losses)

    @property
    def suggested(self) -> float:
        """The rate at which the smoothed loss fell fastest.

        Raises:
            TrainingError: it never fell.
        """
        slope = np.gradient(self.smoothed, np.log(self.rates))
        slope[:_WARM_UP] = np.inf
        if not slope.min() < 0:
            raise TrainingError(
                f"the loss never fell between the rates {self.rates[0]:.1e} and "
                f"{self.rates[-1]:.1e}: begin with a lower --low"
            )
        return float(self.rates[slope.argmin()])


def find_rate(
    dataset_folder: Path,
    folder: Path,
    config: TrainConfig,
    *,
    low: float = 1e-6,
    high: float = 1.0,
    steps: int = STEPS,
) -> float:
    """Run the test and return the rate it suggests; the plots say whether to believe it.

    Raises:
        TrainingError: rates in no order, too few steps, or a loss that never falls.
    """
    if not 0 < low < high or steps < 2 * _WARM_UP:
        raise TrainingError(
            f"rates from {low} to {high} in {steps} steps: the first must be positive and below "
            f"the last, in {2 * _WARM_UP} steps or more"
        )
    dataset = load_dataset(dataset_folder)
    refuse_misfit(config, dataset)
    constant = config.model_copy(update={"schedule": "constant"})
    with numbers_of(config.precision):
        parts = load_parts(dataset_folder, config)
        job = make_job(dataset_folder, parts, constant, styles=len(dataset.styles))
        found = _test(job, constant, np.geomspace(low, high, steps))
    _write(folder, found)
    return found.suggested


def smooth(losses: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the exponential moving mean; the first value is the first loss itself."""
    means = np.empty_like(losses)
    mean = 0.0
    for step, loss in enumerate(losses):
        mean = _MEMORY * mean + (1 - _MEMORY) * loss
        means[step] = mean / (1 - _MEMORY ** (step + 1))
    return means


def _test(job: Job, config: TrainConfig, rates: NDArray[np.float64]) -> RangeTest:
    keras.utils.set_random_seed(config.seed)
    model = job.build()
    compile_model(model, config, steps=job.batches.steps, first_epoch=0)
    losses: list[float] = []
    for step, rate in enumerate(tqdm(rates, "find-rate", unit="batch", disable=None)):
        model.optimizer.learning_rate.assign(rate)
        model.reset_metrics()  # or the loss would be the mean of all batches so far
        inputs, targets, weights = job.batches(step)
        told = model.train_on_batch(inputs, targets, sample_weight=weights, return_dict=True)
        losses.append(float(told["loss"]))
        means = smooth(np.array(losses))
        if step > _WARM_UP and not means[-1] < DIVERGED * means.min():  # nan has diverged, too
            break
    is_number = np.isfinite(losses)
    return RangeTest(rates[: len(losses)][is_number], np.array(losses)[is_number])


def _write(folder: Path, found: RangeTest) -> None:
    rows = zip(found.rates.tolist(), found.losses.tolist(), found.smoothed.tolist(), strict=True)
    write_table(
        folder / "rates.csv",
        ("step", "rate", "loss", "smoothed"),
        ([step, *row] for step, row in enumerate(rows)),
    )
    with figure(folder / "rate.png") as drawing:
        axes = drawing.subplots()
        axes.plot(found.rates, color=ACCENT)
        axes.set(yscale="log", xlabel="batch", ylabel="learning rate")
        axes.set_title("The rate, batch by batch")
    with figure(folder / "loss.png") as drawing:
        axes = drawing.subplots()
        axes.plot(found.rates, found.losses, color=COOL, linewidth=0.6, alpha=0.6)
        axes.plot(found.rates, found.smoothed, color=ACCENT)
        axes.axvline(found.suggested, color=ACCENT, linewidth=0.8, linestyle="--")
        axes.set(
            xscale="log",
            xlabel="learning rate",
            ylabel="loss (thin: each batch)",
            title=f"The loss falls fastest at {found.suggested:.1e}",
        )
        # a loss that has left the scale would press the rest flat
        axes.set_ylim(top=2.0 * float(found.smoothed[0]), bottom=0.9 * float(found.smoothed.min()))
