"""`python -m lambda_fn serve | predict`."""

import contextlib
import errno
import io
import logging
import os
import re
import socket
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NoReturn, get_args

try:
    import typer
    from pydantic import SecretStr, ValidationError

    from lambda_fn.runtime import ModelError, StyleModel
    from lambda_fn.settings import Settings
except ModuleNotFoundError as _error:
    sys.exit(
        f"error: {_error.name} is not installed for {sys.executable}: run `make serve` once, then "
        "`.venv-service/bin/python -m lambda_fn predict ...`; or install the package and run "
        "`style-your-art predict ...`"
    )

if TYPE_CHECKING:
    from lambda_fn.batch import Row

_HERE = Path(__file__).parent
_WEB = (_HERE / "web", _HERE.parent / "web")
"""The page of an installed package, and of a checkout."""

_ADDRESS: Final = re.compile(r"(https?|ftp|s3|gs):/", re.IGNORECASE)
_ESCAPED: Final = str.maketrans({"\t": "\\t", "\n": "\\n", "\r": "\\r"})
_STDERR: Final = 2
_STOPPED: Final = 130  # as shells have it for Ctrl-C

cli = typer.Typer(
    help="Name the art style of pictures.", no_args_is_help=True, add_completion=False
)


@cli.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port; 0 takes a free one.", min=0, max=65535)] = 8000,
) -> None:
    """Serve the page and the API until Ctrl-C."""
    import uvicorn

    from lambda_fn.catalogue.works import CatalogueError
    from lambda_fn.composition import build_app
    from lambda_fn.request_log import write_plainly
    from lambda_fn.uploads import UploadsError

    _hush_pillow()
    with _listen(host, port) as listener:
        settings = _at_home(_read_settings())
        model = _load(settings)
        try:
            app = build_app(settings, model, journal=write_plainly)
        except (CatalogueError, UploadsError) as error:
            _fail(str(error))
        logging.basicConfig(format="%(levelname)s %(name)s %(message)s")
        logging.getLogger(write_plainly.__module__).setLevel(logging.INFO)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        address = f"[{host}]" if ":" in host else host
        typer.echo(
            f"Style Your Art is at http://{address}:{listener.getsockname()[1]} "
            f"(model {model.manifest.id}; Ctrl-C stops it)"
        )
        if settings.feedback is not None:
            typer.echo(f"Feedback is kept in {settings.feedback}")
        with contextlib.suppress(KeyboardInterrupt):  # uvicorn hands it on after its own shutdown
            server.run(sockets=[listener])


@cli.command()
def predict(
    paths: Annotated[
        list[Path], typer.Argument(help="Pictures, folders of pictures, or - for standard input.")
    ],
    csv: Annotated[Path | None, typer.Option(help="Also write a CSV file; - prints it.")] = None,
    json: Annotated[Path | None, typer.Option(help="Also write a JSON file; - prints it.")] = None,
) -> None:
    """Name the style of each picture; exit 1 if none could be read.

    Printed to a terminal it is a table, elsewhere a line per picture with tabs in it.
    """
    from lambda_fn import batch

    _hush_pillow()
    _refuse_addresses(paths)
    _refuse_targets(csv, json)
    _hush_decoders()
    model = _load(_read_settings())
    files = batch.find_pictures(paths)
    if not files:
        _fail(f"no files in {', '.join(str(path) for path in paths)}")
    rows, was_stopped = _predict_all(model, files)
    if batch.STANDARD not in (csv, json):
        _print_rows(rows)
    if csv is not None:
        _write(csv, lambda: batch.write_csv(rows, model.manifest.styles, csv))
    if json is not None:
        _write(json, lambda: batch.write_json(rows, json))
    read = sum(row.answer is not None for row in rows)
    targets = (target for target in (csv, json) if target and target != batch.STANDARD)
    written = "".join(f", written to {target}" for target in targets)
    stopped = f", stopped before the other {len(files) - len(rows)}" if was_stopped else ""
    typer.echo(f"{read} of {len(rows)} pictures named{stopped}{written}", err=True)
    raise typer.Exit(_STOPPED if was_stopped else 0 if read else 1)


def _predict_all(model: StyleModel, files: "Sequence[Path]") -> "tuple[list[Row], bool]":
    """Return the rows, and whether Ctrl-C ended them before their time."""
    from tqdm import tqdm

    from lambda_fn import batch

    rows: list[Row] = []
    try:
        for path in tqdm(files, "predict", unit="picture", disable=None):
            rows.append(batch.predict_file(model, path))
    except KeyboardInterrupt:
        return rows, True
    return rows, False


def _refuse_addresses(paths: "Sequence[Path]") -> None:
    for path in paths:
        if _ADDRESS.match(str(path)):
            raise typer.BadParameter(
                f"{path} is an address: download it first, as in `curl -LO ADDRESS`, and name the "
                "file, or `curl -L ADDRESS | ... predict -`"
            )


def _hush_decoders() -> None:
    """Keep from people's eyes what libraries in C print about odd pictures, as libtiff does.

    They print to the file that Python's stderr has, so that one gets a file of its own.
    """
    try:
        is_usual = sys.stderr.fileno() == _STDERR
    except (OSError, AttributeError):  # it is no file, as in tests
        return
    if is_usual:
        own = os.dup(_STDERR)
        sys.stderr.flush()
        sys.stderr = os.fdopen(own, "w", buffering=1, errors="backslashreplace")
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, _STDERR)
        os.close(nowhere)


def _hush_pillow() -> None:
    """Drop Pillow's warnings about odd pictures.

    They would put paths of this machine among the lines for people; a picture that cannot be read
    gets its own message, and for the others there is nothing to do.
    """
    warnings.filterwarnings("ignore", module="PIL")


def _refuse_targets(*targets: Path | None) -> None:
    """Refuse what cannot be written before the work begins, not after it."""
    for target in targets:
        if target is None or target == Path("-"):
            continue
        try:
            is_folder, has_parent = target.is_dir(), target.absolute().parent.is_dir()
        except OSError as error:  # a name too long, or a folder that may not be entered
            raise typer.BadParameter(f"cannot write {target}: {error.strerror}") from error
        if is_folder:
            raise typer.BadParameter(f"{target} is a folder: name a file to write")
        if not has_parent:
            raise typer.BadParameter(
                f"there is no folder {target.parent} to write {target.name} to"
            )


def _write(target: Path, write: Callable[[], None]) -> None:
    try:
        write()
    except OSError as error:
        _fail(f"cannot write {target}: {error.strerror or error}")


def _print_rows(rows: "Sequence[Row]") -> None:
    if isinstance(sys.stdout, io.TextIOWrapper):
        # a file's name need not be text that this terminal can show
        sys.stdout.reconfigure(errors="backslashreplace")
    if sys.stdout.isatty():
        _print_table(rows)
        return
    with contextlib.suppress(BrokenPipeError):
        for row in rows:
            # a name may hold anything but / and NUL; a row is one line all the same
            path = str(row.path).translate(_ESCAPED)
            typer.echo("\t".join([path, *_cells(row)]).rstrip("\t"))


def _print_table(rows: "Sequence[Row]") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name in ("picture", "style", "", "next", ""):
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(str(row.path), *_cells(row))
    Console(markup=False, highlight=False).print(table)


def _cells(row: "Row") -> list[str]:
    """Return the two most likely styles, each with its probability, or the reason."""
    if row.answer is None:
        return ["-", "", row.error.message if row.error else "", ""]
    best = row.answer.probabilities[:2]
    return [cell for one in best for cell in (one.name, f"{one.probability:.0%}")]


def _listen(host: str, port: int) -> socket.socket:
    """Take the port before the model is loaded, so that a taken one is said at once.

    A name may have several addresses, as localhost has; people try that of IPv4.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        family, *_, address = min(found, key=lambda one: one[0] != socket.AF_INET)
        listener = socket.create_server(address, family=family)
    except OSError as error:
        _fail(_why_not(error, host, port))
    # asyncio does it only for sockets made in another way; without it, what is sent in two parts
    # waits 40 ms for the browser to confirm the first
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is taken by another program: choose another, as in PORT={port + 1}"
    if error.errno == errno.EACCES:
        return (
            f"port {port} needs more rights than you have: choose one above 1023, as in PORT=8000"
        )
    return f"cannot listen on {host!r}: {error.strerror}; HOST=127.0.0.1 always works"


def _read_settings() -> Settings:
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name, value = str(first["loc"][0]), first["input"]
        is_secret = SecretStr in get_args(Settings.model_fields[name].annotation)
        shown = "" if is_secret else f"={value!r}"
        _fail(f"ARTSTYLE_{name.upper()}{shown}: {first['msg']}")


def _at_home(settings: Settings) -> Settings:
    """Return the settings with what is different at home: a page, and a file for feedback."""
    from platformdirs import user_data_path

    changes: dict[str, Path] = {"web": _find_page(settings)}
    if not settings.is_named("feedback") and not settings.has_mongodb:
        changes["feedback"] = user_data_path("style-your-art", appauthor=False) / "feedback.sqlite"
    return settings.model_copy(update=changes)


def _find_page(settings: Settings) -> Path:
    from lambda_fn.routes.static_page import HEADERS_FILE

    installed, checked_out = _WEB
    web = settings.web or (installed if installed.is_dir() else checked_out)
    if not (web / HEADERS_FILE).is_file():
        _fail(f"no page in {web} (no {HEADERS_FILE}): ARTSTYLE_WEB must name the folder of one")
    return web


def _load(settings: Settings) -> StyleModel:
    try:
        return settings.load_model()
    except ModelError as error:
        _fail(str(error))


def _fail(message: str) -> NoReturn:
    typer.echo(f"error: {message}", err=True)
    raise typer.Exit(1)


if __name__ == "__main__":
    cli(prog_name="python -m lambda_fn")
