"""Run the petstore: ``python -m gloo.demo.petstore --port 0`` prints the port that it got on a line of its own.

The port is open before the server's libraries are loaded (0.25 s): who connects at once is answered a little later
instead of being refused.
"""

import argparse
import socket
import sys

from gloo.errors import ProxyError
from gloo.proxy.parent_death import die_with
from gloo.proxy.ports import check_free


def main(arguments: list[str] | None = None) -> int:
    """Serve until a signal; return the status to end with."""
    options = _parser().parse_args(arguments)
    if options.parent is not None:
        die_with(options.parent)
    try:
        check_free(options.bind, options.port, flag="--port")
    except ProxyError as error:
        print(f"petstore: {error}", file=sys.stderr)
        return 1
    with socket.create_server((options.bind, options.port), backlog=1024) as listener:
        print(listener.getsockname()[1], flush=True)
        _serve(listener)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="petstore", description="A small petstore to try a gateway with.")
    parser.add_argument("--port", type=int, default=0, help="the port to listen on; 0 picks a free one (default)")
    parser.add_argument("--bind", default="127.0.0.1", help="the IPv4 address to listen on (default 127.0.0.1)")
    parser.add_argument("--parent", type=int, metavar="PID", help="our parent's process id: die when it dies")
    return parser


def _serve(listener: socket.socket) -> None:
    import uvicorn  # noqa: PLC0415 - the port has to be open first

    from gloo.demo.api import application  # noqa: PLC0415 - as above

    config = uvicorn.Config(application(), log_level="warning", lifespan="off", loop="asyncio", http="h11")
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    sys.exit(main())
