"""The command line: a table, files for a whole folder, and clear failures."""

import csv
import errno
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from lambda_fn import batch
from lambda_fn.__main__ import cli
from lambda_fn.batch import MAX_FILE_BYTES
from lambda_fn.contract.manifest import KERAS_FILE, MANIFEST_FILE, sha256_of
from tests.pictures import draw_picture, encode

ROOT = Path(__file__).parents[2]
RELEASE = ROOT / "lambda_fn" / "release"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inside = tmp_path / "pictures" / "deeper"
    inside.mkdir(parents=True)
    (tmp_path / "pictures" / "a.jpg").write_bytes(encode(draw_picture()))
    (tmp_path / "pictures" / "b.jpg").write_text("only text", "utf-8")
    (inside / "c.png").write_bytes(encode(draw_picture(seed=1), "PNG"))
    (tmp_path / "pictures" / ".hidden").write_text("", "utf-8")
    return tmp_path / "pictures"


def test_predict_prints_a_row_for_every_file_of_a_folder(folder: Path) -> None:
    # wide enough for the names of temporary folders
    result = CliRunner().invoke(cli, ["predict", str(folder)], env={"COLUMNS": "300"})

    assert result.exit_code == 0
    assert "a.jpg" in result.stdout
    assert "c.png" in result.stdout
    assert "no picture that can be read" in result.stdout
    assert ".hidden" not in result.stdout
    assert "2 of 3 pictures named" in result.stderr


def test_predict_writes_a_csv_with_every_probability_or_the_reason(folder: Path) -> None:
    target = folder.parent / "answers.csv"

    CliRunner().invoke(cli, ["predict", str(folder), "--csv", str(target)])

    with target.open(encoding="utf-8", newline="") as file:
        rows = {Path(row["path"]).name: row for row in csv.DictReader(file)}
    assert set(rows) == {"a.jpg", "b.jpg", "c.png"}
    assert rows["b.jpg"]["error"] == "unreadable_image"
    assert float(rows["a.jpg"][rows["a.jpg"]["style"]]) == float(rows["a.jpg"]["probability"])
    assert rows["a.jpg"]["candidates"].split()[0] == rows["a.jpg"]["style"]
    assert rows["a.jpg"]["verdict"] in ("confident", "unsure", "not-a-painting")


def test_predict_writes_the_answers_of_the_api_as_json(folder: Path) -> None:
    target = folder.parent / "answers.json"

    CliRunner().invoke(cli, ["predict", str(folder), "--json", str(target)])

    entries = json.loads(target.read_text("utf-8"))
    assert [Path(entry["path"]).name for entry in entries] == ["a.jpg", "b.jpg", "c.png"]
    assert entries[1]["error"]["code"] == "unreadable_image"
    assert entries[2]["picture"]["format"] == "png"
    assert {"works", "similar", "catalogue", "feedback_token"}.isdisjoint(entries[2])
    assert list(folder.parent.glob(".answers*")) == []


def run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """Run the command in a process of its own, with files for its output."""
    command = [sys.executable, "-m", "lambda_fn", "predict", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=False, **options)


def test_predict_prints_a_line_for_every_picture_with_its_whole_path(folder: Path) -> None:
    done = run(str(folder), env=os.environ | {"COLUMNS": "20"})

    lines = [line.split("\t") for line in done.stdout.decode().splitlines()]
    assert [line[0] for line in lines] == [
        str(folder / name) for name in ("a.jpg", "b.jpg", "deeper/c.png")
    ]
    assert lines[0][2].endswith("%")
    assert "no picture that can be read" in lines[1][3]


def test_predict_reads_standard_input(folder: Path) -> None:
    done = run("-", input=(folder / "a.jpg").read_bytes())

    assert done.stdout.startswith(b"-\t")
    assert b"1 of 1 pictures named" in done.stderr


@pytest.mark.parametrize("option", ["--csv", "--json"])
def test_predict_writes_to_standard_output_and_nothing_else_there(
    folder: Path, option: str
) -> None:
    done = run(str(folder), option, "-")

    if option == "--json":
        assert len(json.loads(done.stdout)) == 3
    else:
        assert len(list(csv.DictReader(done.stdout.decode().splitlines()))) == 3


def test_predict_writes_through_a_link_and_to_a_pipe_and_replaces_neither(folder: Path) -> None:
    link, pipe = folder.parent / "link.csv", folder.parent / "pipe.json"
    link.symlink_to("real.csv")
    os.mkfifo(pipe)
    reader = subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE)

    run(str(folder), "--csv", str(link), "--json", str(pipe))

    assert len(json.loads(reader.communicate(timeout=60)[0])) == 3
    assert link.is_symlink()
    assert pipe.is_fifo()
    assert (folder.parent / "real.csv").read_text("utf-8").startswith("path,")


def test_predict_refuses_an_address_with_what_to_do(folder: Path) -> None:
    result = CliRunner().invoke(
        cli, ["predict", "https://example.org/a.jpg"], env={"COLUMNS": "300"}
    )

    assert result.exit_code == 2
    assert "download it first" in result.stderr


def test_predict_keeps_what_is_done_when_it_is_stopped(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer_file = batch.predict_file

    def stop_at_the_second(model: Any, path: Path) -> batch.Row:
        if path.name == "b.jpg":
            raise KeyboardInterrupt
        return answer_file(model, path)

    monkeypatch.setattr(batch, "predict_file", stop_at_the_second)
    target = folder.parent / "answers.csv"
    result = CliRunner().invoke(cli, ["predict", str(folder), "--csv", str(target)])

    assert result.exit_code == 130
    assert "a.jpg" in result.stdout
    assert "stopped before the other 2" in result.stderr
    assert len(target.read_text("utf-8").splitlines()) == 2


def test_what_libtiff_says_reaches_nobody(folder: Path) -> None:
    data = encode(draw_picture(), "TIFF", compression="tiff_lzw")
    (folder / "odd.tif").write_bytes(data[:8] + bytes(40) + data[48:])

    done = run(str(folder))

    assert b"not yet in table" not in done.stderr
    assert done.stderr.splitlines()[-1] == b"2 of 4 pictures named"


def test_outside_of_the_environment_the_message_names_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-S", "-m", "lambda_fn"], cwd=ROOT, capture_output=True, check=False
    )

    assert done.returncode == 1
    assert b"make serve" in done.stderr
    assert b"Traceback" not in done.stderr


def test_predict_makes_a_missing_file_a_row(folder: Path) -> None:
    result = CliRunner().invoke(
        cli, ["predict", str(folder / "a.jpg"), str(folder / "gone.jpg")], env={"COLUMNS": "200"}
    )

    assert result.exit_code == 0
    assert "No such file" in result.stdout


def test_predict_fails_when_no_picture_could_be_read(folder: Path) -> None:
    assert CliRunner().invoke(cli, ["predict", str(folder / "b.jpg")]).exit_code == 1


def test_predict_says_that_a_folder_is_empty(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["predict", str(tmp_path)])

    assert result.exit_code == 1
    assert "no files in" in result.stderr


def test_predict_refuses_a_target_in_a_missing_folder_before_it_starts(folder: Path) -> None:
    result = CliRunner().invoke(cli, ["predict", str(folder), "--csv", "/nowhere/a.csv"])

    assert result.exit_code == 2
    assert "/nowhere" in result.stderr


@pytest.mark.parametrize("option", ["--csv", "--json"])
def test_predict_refuses_a_folder_as_target_before_it_starts(folder: Path, option: str) -> None:
    result = CliRunner().invoke(
        cli, ["predict", str(folder), option, str(folder.parent)], env={"COLUMNS": "300"}
    )

    assert result.exit_code == 2
    assert "is a folder" in result.stderr
    assert result.stdout == ""


def test_predict_refuses_a_target_with_an_impossible_name_before_it_starts(folder: Path) -> None:
    target = folder.parent / f"{'x' * 300}.csv"

    result = CliRunner().invoke(
        cli, ["predict", str(folder), "--csv", str(target)], env={"COLUMNS": "900"}
    )

    assert result.exit_code == 2
    assert "File name too long" in result.stderr


@pytest.fixture
def odd_folder(tmp_path: Path) -> Path:
    """Return a folder with a picture whose name is Latin-1, as from an old archive."""
    folder = tmp_path / "odd"
    folder.mkdir()
    (folder / os.fsdecode(b"caf\xe9.jpg")).write_bytes(encode(draw_picture()))
    return folder


def test_predict_prints_a_name_that_is_not_utf8(odd_folder: Path) -> None:
    result = CliRunner().invoke(cli, ["predict", str(odd_folder)], env={"COLUMNS": "200"})

    assert result.exit_code == 0
    assert r"caf\udce9.jpg" in result.stdout


def test_predict_writes_a_csv_in_utf8_whatever_the_names(odd_folder: Path) -> None:
    target = odd_folder.parent / "answers.csv"

    result = CliRunner().invoke(cli, ["predict", str(odd_folder), "--csv", str(target)])

    assert result.exit_code == 0
    assert r"caf\udce9.jpg," in target.read_text("utf-8")


def test_predict_writes_json_that_gives_an_odd_name_back(odd_folder: Path) -> None:
    target = odd_folder.parent / "answers.json"

    result = CliRunner().invoke(cli, ["predict", str(odd_folder), "--json", str(target)])

    assert result.exit_code == 0
    entry = json.loads(target.read_text("utf-8"))[0]
    assert Path(entry["path"]) == next(odd_folder.iterdir())


def test_predict_makes_a_huge_file_a_row_without_reading_it(folder: Path) -> None:
    with (folder / "huge.jpg").open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)  # sparse: it takes no place on the disk

    # wide enough for the names of temporary folders
    result = CliRunner().invoke(cli, ["predict", str(folder)], env={"COLUMNS": "300"})

    assert result.exit_code == 0
    assert "The file has more than 200 MB." in result.stdout


def test_predict_says_that_the_results_cannot_be_written(folder: Path) -> None:
    target = folder / f"{'x' * 250}.csv"  # its temporary name is too long

    result = CliRunner().invoke(cli, ["predict", str(folder), "--csv", str(target)])

    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert "a.jpg" in result.stdout
    assert "cannot write" in result.stderr


def picture_with_cut_off_exif() -> bytes:
    """Return a picture that Pillow reads with a warning: five tags should follow, none does."""
    return encode(draw_picture(), exif=b"Exif\0\0II*\0\x08\0\0\0\x05\0")


def test_predict_shows_no_warnings_of_pillow(folder: Path) -> None:
    (folder / "odd.jpg").write_bytes(picture_with_cut_off_exif())
    command = [sys.executable, "-m", "lambda_fn", "predict", str(folder)]

    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)

    assert "3 of 4 pictures named" in result.stderr
    assert "Warning" not in result.stderr


def test_predict_says_that_the_model_is_missing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARTSTYLE_MODEL", str(folder))

    result = CliRunner().invoke(cli, ["predict", str(folder)])

    assert result.exit_code == 1
    assert "ARTSTYLE_MODEL" in result.stderr


def test_an_impossible_setting_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARTSTYLE_THREADS", "none")

    result = CliRunner().invoke(cli, ["predict", str(folder)])

    assert result.exit_code == 1
    assert "ARTSTYLE_THREADS='none'" in result.stderr


def test_a_wrong_address_of_mongodb_is_named_and_not_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ARTSTYLE_MONGODB_URI", "visitor:hunter2@127.0.0.1")

    result = CliRunner().invoke(cli, ["serve", "--port", "0"])

    assert result.exit_code == 1
    assert "ARTSTYLE_MONGODB_URI: " in result.stderr
    assert "hunter2" not in result.output


def test_serve_says_that_a_catalogue_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARTSTYLE_CATALOGUE", str(tmp_path / "gone.sqlite"))

    result = CliRunner().invoke(cli, ["serve", "--port", "0"])

    assert result.exit_code == 1
    assert f"error: no catalogue at {tmp_path / 'gone.sqlite'}: ARTSTYLE_CATALOGUE" in result.stderr


@pytest.mark.parametrize("content", [None, "index.html"])
def test_serve_says_that_a_folder_holds_no_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    web = tmp_path / "web"
    if content is not None:
        web.mkdir()
        (web / content).write_text("<!doctype html>", "utf-8")
    monkeypatch.setenv("ARTSTYLE_WEB", str(web))

    result = CliRunner().invoke(cli, ["serve", "--port", "0"])

    assert result.exit_code == 1
    assert f"error: no page in {web} (no headers.json): ARTSTYLE_WEB" in result.stderr


def test_serve_says_that_tensorflow_is_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(shutil.copytree(RELEASE, tmp_path / "model"))
    (folder / KERAS_FILE).write_bytes(b"")
    manifest = json.loads((folder / MANIFEST_FILE).read_text("utf-8"))
    manifest["files"][KERAS_FILE] = sha256_of(folder / KERAS_FILE)
    (folder / MANIFEST_FILE).write_text(json.dumps(manifest), "utf-8")
    monkeypatch.setenv("ARTSTYLE_MODEL", str(folder))
    monkeypatch.setenv("ARTSTYLE_RUNTIME", "tensorflow")
    # the tests' environment has Keras: this makes its import fail as where there is none
    monkeypatch.setitem(sys.modules, "keras", None)
    monkeypatch.delitem(sys.modules, "lambda_fn.runtime_tensorflow", raising=False)

    result = CliRunner().invoke(cli, ["serve", "--port", "0"])

    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    assert "requirements/service-tensorflow.txt" in result.stderr


def test_serve_says_that_a_port_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        result = CliRunner().invoke(cli, ["serve", "--port", str(port)])

    assert result.exit_code == 1
    assert f"port {port} is taken" in result.stderr
    assert f"PORT={port + 1}" in result.stderr


def test_serve_says_that_a_host_is_not_of_this_machine() -> None:
    result = CliRunner().invoke(cli, ["serve", "--host", "192.0.2.1", "--port", "0"])

    assert result.exit_code == 1
    assert "cannot listen on '192.0.2.1'" in result.stderr


@pytest.mark.parametrize(
    ("found", "bound"),
    [
        ([("::1", 80, 0, 0), ("127.0.0.1", 80)], ("127.0.0.1", 80)),
        ([("fe80::1", 80, 0, 7)], ("fe80::1", 80, 0, 7)),
    ],
)
def test_serve_prefers_ipv4_and_keeps_the_scope_of_ipv6(
    monkeypatch: pytest.MonkeyPatch, found: list[tuple[Any, ...]], bound: tuple[Any, ...]
) -> None:
    asked: list[Any] = []

    def refuse(address: Any, *, family: int) -> socket.socket:
        asked.append((family, address))
        raise OSError(errno.EADDRINUSE, "taken")

    # which addresses a name has, and which networks there are, is not for a test to choose
    families = {2: socket.AF_INET, 4: socket.AF_INET6}
    answer = [(families[len(one)], socket.SOCK_STREAM, 6, "", one) for one in found]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answer)
    monkeypatch.setattr(socket, "create_server", refuse)

    CliRunner().invoke(cli, ["serve", "--host", "localhost"])

    assert asked == [(families[len(bound)], bound)]


@pytest.mark.slow
def test_serve_answers_until_it_is_stopped_and_shows_no_warnings_of_pillow() -> None:
    command = [sys.executable, "-m", "lambda_fn", "serve", "--port", "0"]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout is not None
            found = re.search(r"http://\S+", server.stdout.readline())
            assert found is not None
            request = urllib.request.Request(
                f"{found[0]}/v1/predictions",
                picture_with_cut_off_exif(),
                {"Content-Type": "image/jpeg"},
            )
            with urllib.request.urlopen(request, timeout=60) as response:
                picture = json.load(response)["picture"]
        finally:
            server.send_signal(signal.SIGINT)
            _, said = server.communicate(timeout=60)

    assert picture["format"] == "jpeg"
    assert "Warning" not in said
    assert server.returncode == 0
