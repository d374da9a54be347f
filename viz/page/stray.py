"""Stray calls: what asks the page for something that it does not have gets words, and no traceback.

A page that was open while the server was replaced calls functions by numbers of the old one; a
program may ask for anything. Gradio looks such a number or name up while it reads the request, and
lets the failed look-up end as "Internal Server Error" with a traceback in the log.

A page that closes stray listens, too: where it asks for the stream of its events after they were
cleared away, Gradio begins an answer, finds nothing, says so in the stream, and then raises "404"
although the answer has begun. The listener has been told, so here the answer just ends.
"""

import sys
import traceback

from gradio.route_utils import FnIndexInferError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Stray", "stray"]

READERS = ("gradio.routes", "gradio.route_utils", "gradio_client.utils")
"""Where Gradio reads a request; what fails elsewhere is a fault of the page and stays one."""
OFFER = "Reload the page; programs find what it offers at /gradio_api/info."
SHOWN = 80  # characters of a name that are shown


def stray() -> Middleware:
    """What answers stray calls in words."""
    return Middleware(Stray)


class Stray:
    """Answers calls of what is not there with 404, calls that cannot be read with 422."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = False

        async def answer(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, answer)
        except (KeyError, TypeError, FnIndexInferError) as error:
            if begun or not _is_of_request(error):
                raise
            status, words = _words(scope["path"], error)
            print(f"distiller: a stray call was refused: {words}", file=sys.stderr)
            await JSONResponse({"detail": words}, status)(scope, receive, send)
        except RuntimeError as error:
            if not begun or not isinstance(error.__cause__, HTTPException):
                raise
            await send({"type": "http.response.body", "body": b"", "more_body": False})


def _is_of_request(error: BaseException) -> bool:
    """Whether it was raised where Gradio reads requests, and not by a function of the page."""
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    return frame.f_globals.get("__name__") in READERS


def _words(path: str, error: Exception) -> tuple[int, str]:
    """The status of the answer, and what it says."""
    if isinstance(error, TypeError):
        return 422, f"This call cannot be read: {_short(str(error).partition('. ')[0])}. {OFFER}"
    of_part = path.rstrip("/").endswith("/component_server")
    if isinstance(error, KeyError) and of_part and isinstance(error.args[0], str):
        return 422, f"This call needs {_short(error.args[0])!r}, and came without it. {OFFER}"
    name = error.args[0] if isinstance(error, KeyError) else path.rstrip("/").rpartition("/")[2]
    kind = "part" if of_part else "function"
    return 404, f"The page has no {kind} {_short(str(name).lstrip('/'))!r}. {OFFER}"


def _short(words: str) -> str:
    line = " ".join(words.split()).rstrip(".")
    return line if len(line) <= SHOWN else f"{line[:SHOWN]}…"
