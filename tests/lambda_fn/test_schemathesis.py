"""The real service keeps what its description says, whatever Schemathesis thinks of."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from pydantic import SecretStr

from lambda_fn.app import create_app
from lambda_fn.feedback import FeedbackDesk
from tests.fakes import (
    FakeCatalogue,
    FakeFeedback,
    FakeModel,
    make_companions,
    make_neighbours_of,
    make_works,
)

SEED, EXAMPLES = "1", "15"
COMMAND = Path(sys.executable).with_name("schemathesis")


@pytest.fixture
def address() -> Iterator[str]:
    """Serve every route on this machine."""
    store = FakeCatalogue(make_works())
    app = create_app(
        FakeModel(),
        max_body_bytes=200_000,
        companions=make_companions(store, make_neighbours_of(store.works)),
        desk=FeedbackDesk(FakeFeedback, lambda: SecretStr("x")),
    )
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    yield "http://{}:{}".format(*listener.getsockname())
    server.should_exit = True
    thread.join(10)


@pytest.mark.slow
@pytest.mark.skipif(not COMMAND.exists(), reason="the environment is older than its lock file")
def test_no_request_that_the_description_allows_or_forbids_surprises_the_service(
    address: str, tmp_path: Path
) -> None:
    """All checks but one: bytes at random are no picture, and a token at random is none."""
    done = subprocess.run(
        [
            *(str(COMMAND), "run", f"{address}/openapi.json", "--seed", SEED),
            *("--max-examples", EXAMPLES, "--checks", "all"),
            *("--exclude-checks", "positive_data_acceptance"),
            *("--suppress-health-check", "filter_too_much"),
        ],
        cwd=tmp_path,
        env=os.environ | {"NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-5_000:]
