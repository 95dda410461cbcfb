import socket

import pytest

from gloo.demo.petstore import main


def test_a_taken_port_is_said_in_one_line_without_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["--port", str(port)]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"petstore: port {port} is taken")
    assert said.err.count("\n") == 1
