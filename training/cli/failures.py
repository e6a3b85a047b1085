"""How a command ends where it cannot go on: one clear line on stderr, and exit code 1."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile

import typer
from pydantic import ValidationError

from lambda_fn.catalogue.works import CatalogueError
from training.errors import TrainingError

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def one_clear_line() -> Iterator[None]:
    """Turn what a person can cause or answer into one line and exit code 1."""
    try:
        yield
    except (TrainingError, CatalogueError) as error:
        message = f"error: {error}"
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        message = f"error: {place}={str(first['input'])[:80]}: {first['msg']}"
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        message = f"error: {where}{error.strerror or error}"
        if error.errno in _NO_ROOM:
            message += "; make room, then run the same command again: what is there stays"
    except KeyboardInterrupt:
        message = "stopped; run the same command again to go on"
    else:
        return
    typer.echo(message, err=True)
    raise typer.Exit(1)


@contextmanager
def quiet_import() -> Iterator[None]:
    """Hold back what TensorFlow's libraries write to stderr, unless the import fails.

    They do so before they read TF_CPP_MIN_LOG_LEVEL, past Python's sys.stderr.
    """
    sys.stderr.flush()
    saved = os.dup(2)
    with TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(saved, held.read())
            raise
        finally:
            os.dup2(saved, 2)
            os.close(saved)
