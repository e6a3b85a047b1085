"""The learning-rate range test: raise the rate batch by batch and watch the loss.

Source: Smith 2017, arXiv 1506.01186. The rate grows by the same factor each time, not by the same
amount as in the paper: the useful rates span several powers of ten. The test ends where the loss is
four times its best. The rate that it suggests is a tenth of the one at which the smoothed loss is
lowest: near the lowest point training is about to fall apart. (The rate
where the loss falls fastest, the other rule in use, is at the mercy of noise with small batches.)

The folder gets `rates.csv`, `rate.png` and `loss.png`.
"""

from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from tqdm import tqdm

from training.config import TrainConfig
from training.dataset.dataset_folder import load_dataset
from training.errors import TrainingError
from training.files import write_table
from training.network.architectures import has_finite_weights
from training.network.optimizer import compile_model
from training.plots import ACCENT, COOL, INK, figure, label_powers
from training.runs.train import Job, load_parts, make_job, numbers_of, refuse_misfit

STEPS = 400
DIVERGED = 4.0
_SHARE = 0.05  # of the steps: the width of the smoothing, as a standard deviation
_RECENT = 5  # batches whose mean says that the loss has left the scale


@dataclass(frozen=True, slots=True)
class RangeTest:
    """What was seen, in the order of the steps: shape (steps,) each."""

    rates: NDArray[np.float64]
    losses: NDArray[np.float64]

    @property
    def smoothed(self) -> NDArray[np.float64]:
        """The losses, each averaged with its neighbours on both sides."""
        return np.asarray(gaussian_filter1d(self.losses, _SHARE * len(self.losses), mode="nearest"))

    @property
    def suggested(self) -> float | None:
        """A tenth of the rate at which the smoothed loss is lowest; None where it never fell."""
        if len(self.losses) < 2 * _RECENT or (lowest := int(self.smoothed.argmin())) == 0:
            return None
        return float(self.rates[lowest] / 10)


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
    if not 0 < low < high or steps < 2 * _RECENT:
        raise TrainingError(
            f"rates from {low} to {high} in {steps} steps: the first must be positive and below "
            f"the last, in {2 * _RECENT} steps or more"
        )
    dataset = load_dataset(dataset_folder)
    refuse_misfit(config, dataset)
    constant = config.model_copy(update={"schedule": "constant"})
    with numbers_of(config.precision):
        parts = load_parts(dataset_folder, config)
        job = make_job(dataset_folder, parts, constant, styles=len(dataset.styles))
        found = _test(job, constant, np.geomspace(low, high, steps))
    if not len(found.losses):
        raise TrainingError(
            f"the loss is no number from the first batch on, at the rate {low:.1e}: begin with a "
            "lower --low"
        )
    _write(folder, found)
    if found.suggested is None:
        raise TrainingError(
            f"the loss never fell between the rates {low:.1e} and {high:.1e} (see "
            f"{folder / 'loss.png'}): begin with a lower --low, or take more --steps"
        )
    return found.suggested


def _test(job: Job, config: TrainConfig, rates: NDArray[np.float64]) -> RangeTest:
    keras.utils.set_random_seed(config.seed)
    model = job.build()
    compile_model(model, config, styles=job.styles, steps=job.batches.steps)
    losses: list[float] = []
    for step, rate in enumerate(tqdm(rates, "find-rate", unit="batch", disable=None)):
        model.optimizer.learning_rate.assign(rate)
        model.reset_metrics()  # or the loss would be the mean of all batches so far
        inputs, targets, weights = job.batches(step)
        told = model.train_on_batch(inputs, targets, sample_weight=weights, return_dict=True)
        losses.append(float(told["loss"]) if has_finite_weights(model) else np.nan)
        means = np.convolve(losses, np.full(_RECENT, 1 / _RECENT), "valid")
        if len(means) and not means[-1] < DIVERGED * means.min():  # nan has diverged, too
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
    with figure(folder / "rate.png", height_in=3.5) as drawing:
        axes = drawing.subplots()
        axes.plot(found.rates, color=COOL)
        axes.set(yscale="log", xlabel="batch", ylabel="learning rate")
        axes.set_title("The rate, batch by batch")
        label_powers(axes.yaxis)
    with figure(folder / "loss.png") as drawing:
        axes = drawing.subplots()
        axes.plot(found.rates, found.losses, color=COOL, linewidth=0.5, alpha=0.5)
        axes.plot(found.rates, found.smoothed, color=INK)
        title = "The loss never fell"
        if found.suggested is not None:
            axes.axvline(found.suggested, color=ACCENT, linewidth=1.2)
            title = f"A tenth of the rate with the lowest loss: {found.suggested:.1e}"
        axes.set(xscale="log", xlabel="learning rate", ylabel="loss (thin: each batch)")
        axes.set_title(title)
        label_powers(axes.xaxis)
        # a loss that has left the scale would press the rest flat
        ceiling = 1.5 * float(np.quantile(found.losses, 0.9))
        axes.set_ylim(bottom=0, top=min(ceiling, 1.05 * float(found.losses.max())))
