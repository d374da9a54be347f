"""Whether the server is there: what a page asks it now and then, with the id of its run."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from ..visitor.coming_back import standing

__all__ = ["routes"]

LONGEST = 100  # bytes of an id


async def _answer(request: Request) -> Response:
    content = b""
    async for part in request.stream():
        content += part
        if len(content) > LONGEST:
            return PlainTextResponse(f"An id has at most {LONGEST} bytes.", 413)
    return PlainTextResponse(standing(content.decode("ascii", "replace")))


def routes() -> list[Route]:
    """What answers a page."""
    return [Route("/alive", _answer, methods=["POST"])]
