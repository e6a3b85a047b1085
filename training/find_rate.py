"""The learning-rate range test: raise the rate batch by batch and watch the loss.

Source: Smith 2017, arXiv 1506.01186. The rate grows by the same factor each time, not by the same
amount as in the paper: the useful rates span several powers of ten. The loss is smoothed, and the
test ends where it is four times its best. The rate that it suggests is the one at which the
smoothed loss fell fastest. A moving mean lags behind its newest value, so the rates are averaged
just as the losses are: otherwise the suggestion would be three times too high.

The folder gets `rates.csv`, `rate.png` and `loss.png`.
"""

from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray
from tqdm import tqdm

from training.config import TrainConfig
from training.errors import TrainingError
from training.files import write_table
from training.optimise import compile_model
from training.plots import ACCENT, COOL, SOFT, figure, label_powers
from training.train import Job, load_parts, make_job, numbers_of, refuse_misfit
from training.works import load_dataset

STEPS = 120
DIVERGED = 4.0
_MEMORY = 0.9  # of the smoothed loss
_ROUNDING = 1e-9  # a loss that stays the same does not fall
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
    def smoothed_rates(self) -> NDArray[np.float64]:
        """The rates that the smoothed losses stand for: the same mean, of their logarithm."""
        return np.exp(smooth(np.log(self.rates)))

    @property
    def steepest(self) -> int | None:
        """The step at which the smoothed loss fell fastest; None where it never fell."""
        if len(self.losses) <= _WARM_UP:
            return None
        slope = np.gradient(self.smoothed, np.log(self.smoothed_rates))
        slope[:_WARM_UP] = np.inf
        return int(slope.argmin()) if slope.min() < -_ROUNDING else None


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
    if not len(found.losses):
        raise TrainingError("the loss is no number from the first batch on: check the weights")
    _write(folder, found)
    if found.steepest is None:
        raise TrainingError(
            f"the loss never fell between the rates {found.rates[0]:.1e} and "
            f"{found.rates[-1]:.1e} (see {folder / 'loss.png'}): begin with a lower --low"
        )
    return float(found.smoothed_rates[found.steepest])


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
    columns = (found.rates, found.losses, found.smoothed_rates, found.smoothed)
    write_table(
        folder / "rates.csv",
        ("step", "rate", "loss", "smoothed_rate", "smoothed_loss"),
        ([step, *row] for step, row in enumerate(zip(*map(list, columns), strict=True))),
    )
    with figure(folder / "rate.png") as drawing:
        _draw_rates(drawing.subplots(), found)
    with figure(folder / "loss.png") as drawing:
        _draw_losses(drawing.subplots(), found)


def _draw_rates(axes: Axes, found: RangeTest) -> None:
    axes.plot(found.rates, color=ACCENT)
    axes.set(yscale="log", xlabel="batch", title="The learning rate, batch by batch")
    label_powers(axes.yaxis)


def _draw_losses(axes: Axes, found: RangeTest) -> None:
    rates, losses = found.smoothed_rates, found.smoothed
    axes.plot(found.rates, found.losses, color=COOL, linewidth=0.7, alpha=0.7, label="each batch")
    axes.plot(rates, losses, color=ACCENT, linewidth=2, label="smoothed")
    title = "The loss never fell"
    if found.steepest is not None:
        rate, loss = rates[found.steepest], losses[found.steepest]
        title = f"The loss falls fastest at a learning rate of {rate:.1e}"
        axes.axvline(rate, color=SOFT, linewidth=0.8, linestyle="--")
        axes.plot(rate, loss, "o", color=ACCENT)
    axes.set(xscale="log", xlabel="learning rate", ylabel="loss", title=title)
    # a loss that has left the scale would press the rest flat
    low, high = np.quantile(found.losses, (0.0, 0.9))
    margin = 0.1 * (max(high, losses[0]) - low) or 1.0
    axes.set_ylim(low - margin, max(high, losses[0]) + 2 * margin)
    axes.legend(loc="lower left")
    label_powers(axes.xaxis)
