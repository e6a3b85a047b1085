"""What a hostile body costs is bounded before a decoder sees it; counted, because times vary."""

import sys
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from lambda_fn.contract.decoding import tiff
from lambda_fn.contract.images import PictureError, TooManyPixelsError, to_pixels
from tests.worst_cases import READ, REFUSED

MOST_CALLS = 1_500_000
"""Of functions, Python's and C's: a second of them."""


class Calls:
    """Counts the calls while it is open."""

    def __init__(self) -> None:
        self.count = 0

    def __enter__(self) -> "Calls":
        sys.setprofile(self._note)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _note(self, frame: object, event: str, argument: object) -> None:
        self.count += event in ("call", "c_call")


@pytest.mark.parametrize("name", REFUSED)
def test_a_body_that_would_cost_too_much_is_refused_before_it_is_opened(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def open_(*_: Any, **__: Any) -> None:
        raise AssertionError("a decoder saw it")

    data = REFUSED[name]()
    monkeypatch.setattr(Image, "open", open_)

    with Calls() as calls, pytest.raises(TooManyPixelsError):
        to_pixels(data, size_px=32)

    assert calls.count < 200_000


@pytest.mark.parametrize("name", READ)
def test_a_body_that_is_read_takes_no_long_loops(name: str) -> None:
    data = READ[name]()

    with Calls() as calls:
        to_pixels(data, size_px=32)

    assert calls.count < MOST_CALLS


@pytest.mark.parametrize("data", [REFUSED["tiff of one huge tile"], REFUSED["tiff of floats"]])
def test_a_tiff_is_refused_by_what_its_decoder_would_allocate(data: Callable[[], bytes]) -> None:
    with pytest.raises(PictureError, match="MB"):
        tiff.prepare(data())
