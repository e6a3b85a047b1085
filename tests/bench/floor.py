"""A handler that does no more than any on these libraries must: import, load, decode, invoke.

It imports nothing of ours, so that it shows what our code adds. It is copied beside the packages
of the image, to run as the service does.
"""

import base64
import json
import os
from io import BytesIO
from pathlib import Path
from typing import Any

import fastapi
import mangum
import numpy as np
import pydantic_settings
from ai_edge_litert.interpreter import Interpreter
from PIL import Image

_USED = (fastapi, mangum, pydantic_settings)  # imported, as they would be, and nothing more
_MODEL = Path(os.environ["FLOOR_MODEL"])
_SIZE_PX = json.loads((_MODEL / "manifest.json").read_text("utf-8"))["input_size_px"]
_RUN = Interpreter(str(_MODEL / "model.tflite"), num_threads=1).get_signature_runner()


def handler(event: Any, context: Any) -> Any:
    """Answer the place of the style that comes out."""
    image = Image.open(BytesIO(base64.b64decode(event["body"])))
    image.draft("RGB", (_SIZE_PX, _SIZE_PX))
    small = image.convert("RGB").resize((_SIZE_PX, _SIZE_PX))
    outputs = _RUN(pixels=np.asarray(small, np.float32)[np.newaxis])
    return {"statusCode": 200, "body": str(int(outputs["probabilities"].argmax()))}
