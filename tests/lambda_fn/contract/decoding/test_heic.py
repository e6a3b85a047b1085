"""HEIC, as telephones send it: read where libheif is installed, elsewhere refused."""

import base64
import sys

import numpy as np
import pytest

from lambda_fn.contract.decoding import heic
from lambda_fn.contract.images import TooManyPixelsError, UnreadablePictureError, to_pixels

# No encoder is at hand: these were drawn and written once, 64 x 48 px with a colour per quarter.
UPRIGHT = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAX1tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAA"
    "AAAAAAAAAAAAACJpbG9jAAAAAERAAAEAAQAAAAABoQABAAAAAAAAALQAAAAjaWluZgAAAAAAAQAAABVpbmZlAgAA"
    "AAABAABodmMxAAAAAA5waXRtAAAAAAABAAAA/WlwcnAAAADdaXBjbwAAAHZodmNDAQNwAAAAkAAAAAAAHvAA/P34"
    "+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQAqQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq5Ka5"
    "uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFzwIkAAAATY29scm5jbHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAA"
    "AAAoY2xhcAAAAEAAAAABAAAAMAAAAAEAAAAAAAAAAv////AAAAACAAAAEHBpeGkAAAAAAwgICAAAABhpcG1hAAAA"
    "AAAAAAEAAQWBAgMFhAAAALxtZGF0AAAAsCgBrwngIzUt/+7Z//79byHsJ6R07u/Uo/9iY7vgNv/6r219+jvTf/aq"
    "O/jib/pmCaqBJGqf8cp0ncxc21P80ECbH2vRTByj9gun3EdQT87ITB0rUWbJPbIBE0fBncjTO3gHF9YwB4ANmWOf"
    "+H6ODTghS1AmjFJEFOrQLwgzvOgdQsRT5G7wBC/qeFLAwpM8bd/vzq/M4rm3a8/P4Y88/Ho76sv1rrG+v0sMMMP+"
    "gw4J"
)
STORED_ON_ITS_SIDE_WITH_EXIF = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAb5tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAA"
    "AAAAAAAAAAAAADRpbG9jAAAAAERAAAIAAQAAAAAB4gABAAAAAAAAAGIAAgAAAAACRAABAAAAAAAAACQAAAA4aWlu"
    "ZgAAAAAAAgAAABVpbmZlAgAAAAABAABodmMxAAAAABVpbmZlAgAAAQACAABFeGlmAAAAAA5waXRtAAAAAAABAAAA"
    "/WlwcnAAAADdaXBjbwAAAHZodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMA"
    "AAMAHroCQGEAAQAqQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFzwIkA"
    "AAATY29scm5jbHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAoY2xhcAAAADAAAAABAAAAQAAAAAH////w"
    "AAAAAgAAAAAAAAACAAAAEHBpeGkAAAAAAwgICAAAABhpcG1hAAAAAAAAAAEAAQWBAgMFhAAAABppcmVmAAAAAAAA"
    "AA5jZHNjAAIAAQABAAAAjm1kYXQAAABeKAGvCeDjSJqWr+yz//78Q//0VVMZXz/tOi7dub+2xQaI/UDE8hAkaboC"
    "4oqXe5n5JDk4uZ1DPhet4jf/RU1jdX1vfXH15cqTXAuzaUf9KPH8EqH56/L/tnTCqdY6+AAAAAZFeGlmAABNTQAq"
    "AAAACAABARIAAwAAAAEABgAAAAAAAA=="
)
COLOURS = {
    (8, 8): (255, 0, 0),
    (8, 24): (0, 255, 0),
    (24, 8): (0, 0, 255),
    (24, 24): (200, 100, 50),
}


@pytest.fixture
def _is_installed() -> None:
    pytest.importorskip("pi_heif", reason="the environment is older than its lock file")


@pytest.mark.usefixtures("_is_installed")
def test_a_heic_is_read_in_its_colours() -> None:
    picture = to_pixels(UPRIGHT, size_px=32)

    assert (picture.width, picture.height, picture.format) == (64, 48, "heic")
    for place, colour in COLOURS.items():
        assert np.abs(picture.pixels[place] - colour).max() <= 4


@pytest.mark.usefixtures("_is_installed")
def test_exif_turns_no_heic_because_the_container_would() -> None:
    picture = to_pixels(STORED_ON_ITS_SIDE_WITH_EXIF, size_px=32)

    assert (picture.width, picture.height) == (48, 64)


@pytest.mark.usefixtures("_is_installed")
@pytest.mark.parametrize("limit", ["MAX_BYTES", "MAX_PIXELS"])
def test_a_heic_that_would_cost_too_much_is_refused(
    limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heic, limit, 100)

    with pytest.raises(TooManyPixelsError):
        to_pixels(UPRIGHT, size_px=32)


@pytest.mark.usefixtures("_is_installed")
def test_a_damaged_heic_is_refused() -> None:
    with pytest.raises(UnreadablePictureError):
        to_pixels(UPRIGHT[:200] + bytes(len(UPRIGHT) - 200), size_px=32)


def test_a_heic_is_refused_with_the_way_out_where_libheif_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "pi_heif", None)

    with pytest.raises(UnreadablePictureError, match=r"HEIC.*JPEG"):
        to_pixels(UPRIGHT, size_px=32)
