"""A machine that is about to go is noticed, and only then."""

import os
import signal
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue

import pytest

from training.cloud import interruption
from training.cloud.interruption import SpotNotice, watching


class Machine:
    """What a machine of EC2 says about itself. `token`: the one that it takes now."""

    def __init__(self) -> None:
        self.is_leaving = False
        self.token = "first"
        self.address = ""


@pytest.fixture
def machine() -> Iterator[Machine]:
    machine = Machine()

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            self.answer(200, machine.token)

        def do_GET(self) -> None:
            if self.headers["X-aws-ec2-metadata-token"] != machine.token:
                return self.answer(401, "")
            assert self.path == "/latest/meta-data/spot/instance-action"
            return self.answer(
                *((200, '{"action": "terminate"}') if machine.is_leaving else (404, ""))
            )

        def answer(self, status: int, text: str) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    machine.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield machine
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_machine_that_stays_has_given_no_notice(machine: Machine) -> None:
    assert not SpotNotice(machine.address).is_there()


def test_a_machine_that_will_be_taken_away_has_given_notice(machine: Machine) -> None:
    machine.is_leaving = True

    assert SpotNotice(machine.address).is_there()


def test_a_token_that_is_too_old_is_renewed(machine: Machine) -> None:
    notice = SpotNotice(machine.address)
    notice.is_there()
    machine.token, machine.is_leaving = "second", True

    assert notice.is_there()


def test_what_is_no_machine_of_ec2_gives_no_notice() -> None:
    assert not SpotNotice("http://127.0.0.1:9").is_there()


def test_sigterm_is_told_with_its_name() -> None:
    told: Queue[str] = Queue()

    with watching(told.put, notice=lambda: False, every_s=60):
        os.kill(os.getpid(), signal.SIGTERM)

        assert told.get(timeout=60) == "told to stop (SIGTERM)"


def test_a_notice_is_told_without_a_signal() -> None:
    told: Queue[str] = Queue()
    answers = iter([False, True])

    with watching(told.put, notice=lambda: next(answers), every_s=0.01):
        assert "taken away" in told.get(timeout=60)


def test_where_nothing_happens_nothing_is_told_and_signals_are_as_before() -> None:
    told: Queue[str] = Queue()
    before = signal.getsignal(signal.SIGTERM)

    with watching(told.put, notice=lambda: False, every_s=60):
        pass

    assert told.empty()
    assert signal.getsignal(signal.SIGTERM) == before
    assert signal.set_wakeup_fd(-1) == -1


def test_the_process_ends_with_the_code_that_is_asked_for() -> None:
    child = os.fork()
    if child == 0:
        interruption.end_process(75)

    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 75
