"""What training makes small: the styles' surprise, and that of teachers and artists beside it.

The model's output holds, side by side, its logits of the styles, its logits of the artists and the
teachers' probabilities of the styles; the targets hold the styles and the artists. Where the
answers to two ways of a picture are to agree, the output holds one whole answer after the other.
"""

from typing import Any

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable("artstyle")
class StyleLoss(keras.losses.Loss):  # type: ignore[misc] # Keras has no types
    """Cross entropy of the styles, plus a share of that of the artists.

    styles: how many of the columns are styles.
    smoothing: share of a style's label that is spread over all of them.
    teacher_weight: share of the teachers' answer beside the label; 0 where there are none
    (Hinton et al. 2015, arXiv 1503.02531, at a temperature of 1).
    agreement_weight: of the Jensen-Shannon divergence of the styles' probabilities in the two
    answers (Hendrycks et al. 2019, arXiv 1912.02781), beside the mean loss of both; 0 where there
    is one answer.
    """

    def __init__(
        self,
        styles: int,
        smoothing: float,
        artist_weight: float = 0.0,
        teacher_weight: float = 0.0,
        agreement_weight: float = 0.0,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.styles = styles
        self.smoothing = smoothing
        self.artist_weight = artist_weight
        self.teacher_weight = teacher_weight
        self.agreement_weight = agreement_weight

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of each picture."""
        if not self.agreement_weight:
            return self._surprise(y_true, y_pred)
        answers = ops.split(y_pred, 2, axis=1)
        surprise = sum(self._surprise(y_true, one) for one in answers) / 2
        logs = [ops.log_softmax(one[:, : self.styles]) for one in answers]
        mean = ops.logaddexp(*logs) - np.log(2)
        apart = sum(ops.sum(ops.exp(one) * (one - mean), axis=1) for one in logs) / 2
        return surprise + self.agreement_weight * apart

    def _surprise(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of one answer to each picture."""
        wanted, ours = y_true[:, : self.styles], ops.log_softmax(y_pred[:, : self.styles])
        wanted = wanted * (1 - self.smoothing) + self.smoothing / self.styles
        if self.teacher_weight:
            taught = y_pred[:, -self.styles :]
            wanted = (1 - self.teacher_weight) * wanted + self.teacher_weight * taught
        loss = -ops.sum(wanted * ours, axis=1)
        if self.artist_weight:
            end = y_true.shape[1]
            named = ops.log_softmax(y_pred[:, self.styles : end])
            loss -= self.artist_weight * ops.sum(y_true[:, self.styles :] * named, axis=1)
        return loss

    def get_config(self) -> dict[str, Any]:
        """Return what is needed to make the loss anew."""
        own = {
            "styles": self.styles,
            "smoothing": self.smoothing,
            "artist_weight": self.artist_weight,
            "teacher_weight": self.teacher_weight,
            "agreement_weight": self.agreement_weight,
        }
        inherited: dict[str, Any] = super().get_config()
        return inherited | own


@keras.saving.register_keras_serializable("artstyle")
class StyleAccuracy(keras.metrics.Mean):  # type: ignore[misc] # Keras has no types
    """Share of the pictures whose style is named rightly."""

    def __init__(self, styles: int, name: str = "accuracy", **options: Any) -> None:
        super().__init__(name=name, **options)
        self.styles = styles

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count the pictures of a batch; every one counts alike, whatever its weight."""
        wanted = ops.argmax(y_true[:, : self.styles], axis=1)
        named = ops.argmax(y_pred[:, : self.styles], axis=1)
        super().update_state(ops.cast(wanted == named, "float32"))

    def get_config(self) -> dict[str, Any]:
        """Return what is needed to make the metric anew."""
        inherited: dict[str, Any] = super().get_config()
        return inherited | {"styles": self.styles}
