"""The command that starts the page."""

import argparse
import os

from ..errors import Refused
from ..limits import whole
from .command import Command

__all__ = ["COMMANDS"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where."""
    parser.add_argument("--host", help="the address to serve, 0.0.0.0 for every machine")
    parser.add_argument("--port", help="the port to serve (7860)")


def run(options: argparse.Namespace) -> None:
    """Starts the page on http://127.0.0.1:7860, for this machine alone."""
    # What the page reads, wherever it is started: who may train depends on the address.
    if options.host:
        os.environ["GRADIO_SERVER_NAME"] = options.host
    if options.port:
        os.environ["GRADIO_SERVER_PORT"] = str(whole("port", options.port, 1, 65535))
    _serve()


def _serve() -> None:
    from viz import settings
    from viz.page import serve

    try:
        serve(settings.address(), settings.port())
    except OSError as error:
        raise Refused(
            f"Port {settings.port()} of {settings.address()} cannot be used; perhaps another "
            "program uses it. --port names another one, --host another address."
        ) from error


COMMANDS = (Command("page", run, add_arguments, place=25),)
