"""Every error class has a client status and a stable code of its own."""

from collections.abc import Iterator
from typing import TypeVar

import pytest

from lambda_fn import errors
from lambda_fn.contract import images

T = TypeVar("T")


def below(kind: type[T]) -> Iterator[type[T]]:
    for child in kind.__subclasses__():
        yield child
        yield from below(child)


OURS = list(below(errors.ServiceError))


@pytest.mark.parametrize("kind", OURS)
def test_every_error_is_drawn_in_the_docstring(kind: type[errors.ServiceError]) -> None:
    line = next(
        line for line in (errors.__doc__ or "").splitlines() if f" {kind.__name__} " in line
    )

    assert line.split()[-2:] == [str(int(kind.status)), kind.code]


def test_codes_are_unique() -> None:
    assert len({kind.code for kind in OURS}) == len(OURS)


@pytest.mark.parametrize("kind", OURS)
def test_every_error_is_the_callers_to_mend_or_passes_by_itself(
    kind: type[errors.ServiceError],
) -> None:
    assert 400 <= kind.status < 500 or kind.status == 503


@pytest.mark.parametrize("kind", OURS)
def test_what_passes_by_itself_says_when_to_come_back(kind: type[errors.ServiceError]) -> None:
    assert (kind.retry_after_s is not None) == (kind.status == 503)


@pytest.mark.parametrize("kind", list(below(images.PictureError)))
def test_every_failure_of_the_decoder_is_translated(kind: type[images.PictureError]) -> None:
    translated = errors.of_picture(kind("the picture is odd: send another"))

    assert translated.message == "The picture is odd: send another."


@pytest.mark.parametrize(
    ("status", "code"), [(404, "not_found"), (405, "method_not_allowed"), (799, "error")]
)
def test_what_the_framework_refuses_has_the_code_of_its_status(status: int, code: str) -> None:
    assert errors.code_of_status(status) == code
