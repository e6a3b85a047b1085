"""Many pictures -> one row each; what cannot be read is a row with its reason."""

import csv
import io
import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from lambda_fn.errors import ServiceError
from lambda_fn.predict import predict
from lambda_fn.runtime import StyleModel
from lambda_fn.schemas import ErrorFacts, Prediction

# more than any picture that the service takes; read whole, it could take all memory
MAX_FILE_BYTES = 200_000_000
STANDARD = Path("-")
"""Standard input as a picture, standard output as a target."""


@dataclass(frozen=True, slots=True)
class Row:
    """One picture with its answer, or with the reason why there is none."""

    path: Path
    answer: Prediction | None
    error: ErrorFacts | None


def find_pictures(paths: Iterable[Path]) -> list[Path]:
    """Return the named files, and every file below the named folders but hidden ones, sorted."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = (one for one in path.rglob("*") if one.is_file())
            found += sorted(one for one in inside if not _is_hidden(one.relative_to(path)))
        else:
            found.append(path)
    return found


def predict_file(model: StyleModel, path: Path) -> Row:
    """Return the row of one file, whatever is wrong with it."""
    try:
        data = _read(path)
        if data is None:
            limit = f"The file has more than {MAX_FILE_BYTES // 1_000_000} MB."
            return Row(path, None, ErrorFacts(code="file_too_large", message=limit))
        return Row(path, predict(model, data), None)
    except ServiceError as error:
        return Row(path, None, ErrorFacts(code=error.code, message=error.message))
    except OSError as error:
        reason = error.strerror or str(error)
        return Row(path, None, ErrorFacts(code="unreadable_file", message=f"{reason}."))


def _read(path: Path) -> bytes | None:
    """Return the content; None if there is too much of it, which a pipe tells only in the end."""
    if path == STANDARD:
        data = sys.stdin.buffer.read(MAX_FILE_BYTES + 1)
    elif path.stat().st_size > MAX_FILE_BYTES:
        return None
    else:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    return None if len(data) > MAX_FILE_BYTES else data


def write_csv(rows: Sequence[Row], styles: Sequence[str], target: Path) -> None:
    """Write a line per picture: its style, how sure, the probability of each style, or the reason.

    The candidates stand in one cell, most likely first, with spaces between them.
    """
    facts = ("path", "style", "probability", "verdict", "candidates", "width", "height", "format")
    head = [*facts, *styles]
    with _whole_text(target) as file:
        table = csv.DictWriter(file, [*head, "error", "message"], lineterminator="\n")
        table.writeheader()
        for row in rows:
            table.writerow({"path": str(row.path)} | _cells(row))


def write_json(rows: Sequence[Row], target: Path) -> None:
    """Write a list of the API's answers, each with its path; a failed one with its error."""
    entries = [
        {"path": str(row.path)}
        | (row.answer.model_dump(mode="json") if row.answer else {})
        | ({"error": row.error.model_dump()} if row.error else {})
        for row in rows
    ]
    with _whole_text(target) as file:
        json.dump(entries, file, indent=2, ensure_ascii=False)
        file.write("\n")


def _cells(row: Row) -> dict[str, object]:
    if row.error:
        return {"error": row.error.code, "message": row.error.message}
    answer = row.answer
    if answer is None:
        return {}
    return (
        {
            "style": answer.style.slug,
            "probability": f"{answer.style.probability:.4f}",
            "verdict": answer.verdict,
            "candidates": " ".join(answer.candidates),
        }
        | answer.picture.model_dump()
        | {style.slug: f"{style.probability:.4f}" for style in answer.probabilities}
    )


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


@contextmanager
def _whole_text(target: Path) -> Iterator[TextIO]:
    """Open a temporary file that becomes `target` only when everything is written.

    A link stays one, and its file is written. What is no plain file, such as a pipe or a device, is
    never replaced but written to, and - is standard output.

    A file's name need not be UTF-8, but the text must be: odd bytes become escapes such as
    `\\udcff`, which in JSON stand for the name itself.
    """
    if target == STANDARD:
        held = io.StringIO(newline="")
        yield held
        text = held.getvalue().encode("utf-8", "backslashreplace")
        sys.stdout.flush()
        sys.stdout.buffer.write(text)
        sys.stdout.buffer.flush()
        return
    target = target.resolve()
    if target.exists() and not target.is_file():
        with _open_text(target) as file:
            yield file
        return
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with _open_text(temporary) as file:
            yield file
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _open_text(path: Path) -> TextIO:
    return path.open("w", encoding="utf-8", errors="backslashreplace", newline="")
