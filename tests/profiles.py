"""Makes the ICC profiles of the tests, because only littleCMS's sRGB is at hand."""

import struct

import numpy as np

_D50 = (0.9642, 1.0, 0.8249)
_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
_D65 = (0.3127, 0.3290)


def matrix_profile(
    colours: tuple[float, ...] | None,
    *,
    gamma: float,
    brightness: float = 1.0,
    is_cmyk: bool = False,
) -> bytes:
    """Return a profile: of RGB with the chromaticities of red, green and blue, or of grey.

    brightness: what its white has of the light that white should have.
    is_cmyk: of CMYK, in which cyan takes half of the light and the other inks all of it.
    """
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(256 * gamma)) + bytes(2)
    tags = {b"wtpt": _xyz(*_D50)}
    if is_cmyk:
        return _profile(b"CMYK", {b"wtpt": _xyz(*_D50), b"A2B0": _inks()}, b"Lab ")
    if colours is None:
        return _profile(b"GRAY", tags | {b"kTRC": curve})
    for name, column in zip("rgb", brightness * _to_d50(colours).T, strict=True):
        tags[f"{name}XYZ".encode()] = _xyz(*column)
        tags[f"{name}TRC".encode()] = curve
    return _profile(b"RGB ", tags)


def _inks() -> bytes:
    """A table of two steps for each ink, from no ink to all of it, in Lab of 8 bits."""
    identity = " ".join(["1", "0", "0", "0", "1", "0", "0", "0", "1"]).split()
    matrix = b"".join(struct.pack(">i", int(one) << 16) for one in identity)
    lightness = [
        255 if not any(inks) else 128 if inks == (1, 0, 0, 0) else 0
        for inks in np.ndindex(2, 2, 2, 2)
    ]
    table = bytes(part for one in lightness for part in (one, 128, 128))
    ramp = bytes(range(256))
    return b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + matrix + 4 * ramp + table + 3 * ramp


def _to_d50(colours: tuple[float, ...]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    x, y = np.array([*colours, *_D65]).reshape(4, 2).T
    columns = np.stack([x, y, 1 - x - y])
    white = columns[:, 3] / y[3]
    scaled = columns[:, :3] * np.linalg.solve(columns[:, :3], white)
    cones = np.diag((_BRADFORD @ _D50) / (_BRADFORD @ white))
    return np.asarray(np.linalg.inv(_BRADFORD) @ cones @ _BRADFORD @ scaled)


def _xyz(x: float, y: float, z: float) -> bytes:
    return (
        b"XYZ " + bytes(4) + b"".join(struct.pack(">i", round(65_536 * one)) for one in (x, y, z))
    )


def _profile(space: bytes, tags: dict[bytes, bytes], between: bytes = b"XYZ ") -> bytes:
    start, table, body = 128 + 4 + 12 * len(tags), b"", b""
    for name, packed in tags.items():
        table += name + struct.pack(">II", start + len(body), len(packed))
        body += packed + bytes(-len(packed) % 4)
    head = struct.pack(
        ">I4sI4s4s4s", start + len(body), b"\0\0\0\0", 0x02400000, b"mntr", space, between
    )
    head = head.ljust(36, b"\0") + b"acsp"
    head = head.ljust(68, b"\0") + b"".join(struct.pack(">i", round(65_536 * one)) for one in _D50)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body
