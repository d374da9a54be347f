"""The guard: who may embed the page, and which other sites may call it from a browser.

A browser takes a visitor's own rights along, and reaches what only the visitor's machine reaches.
So what a page of another site sends is refused here, unless DISTILLER_ORIGINS names that site. A
program is no browser: it sends no `Origin`, and is let in.

Browsers say themselves where a request comes from, in `Sec-Fetch-Site`, over HTTPS and on the
visitor's own machine. Elsewhere the `Origin` is compared with the host that was asked for.
"""

from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..settings import origins, space_host

__all__ = ["Guard", "guard", "policies"]

HUB = "https://huggingface.co https://*.huggingface.co https://hf.co https://*.hf.co"
"""Where Gradio asks for the state of a Space, and gets the pictures of its header."""
READING = ("GET", "HEAD")


def guard() -> Middleware:
    """The guard of this page, as the environment says.

    Raises:
        Refused: if DISTILLER_ORIGINS holds something else than origins.
    """
    return Middleware(Guard, allowed=origins(), space=space_host())


def policies(allowed: Sequence[str], space: str = "") -> dict[str, str]:
    """The headers of every answer, where these origins may embed the page.

    Gradio's own page holds scripts and styles, and makes functions of text: without
    'unsafe-inline' and 'unsafe-eval' it does not start. Whatever would run so can load nothing from
    elsewhere, and send nothing away.
    """
    hub = f" {HUB}" * bool(space)
    rules = {
        "default-src": "'self'",
        "script-src": "'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": f"'self' data: blob:{hub}",
        "font-src": "'self' data:",
        "connect-src": f"'self' data: blob:{hub}",
        "worker-src": "'self' blob:",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": " ".join(["'self'", *allowed]),
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in rules.items()),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    }


class Guard:
    """Refuses what other sites send, and has every answer carry the policies.

    `allowed` are origins, such as "https://example.org", or "*" for all; `space` is the host of
    the Space that this is, if it is one.
    """

    def __init__(self, app: ASGIApp, allowed: Sequence[str], space: str = "") -> None:
        self.app, self.allowed, self.space = app, allowed, space
        self.policies = policies(allowed, space)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self.policies)
            await send(message)

        headers = Headers(scope=scope)
        app = _refuse if self._is_foreign(scope["method"], headers) else self.app
        await app(scope, receive, answer)

    def _is_foreign(self, method: str, headers: Headers) -> bool:
        """Whether another site sends this, one that may not."""
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        if site in ("same-origin", "none") or "*" in self.allowed:
            return False
        if origin is None:  # a program, a link to the page, or a picture on another site's page
            return site is not None and method not in READING
        if origin.lower() in self.allowed:
            return False
        return not any(_is_at(origin, host, site) for host in self._hosts(headers))

    def _hosts(self, headers: Headers) -> list[str]:
        """The hosts that the page has for its visitors: a proxy says which it was asked for.

        A page of another site cannot make up X-Forwarded-Host: a browser asks before it sends that.
        """
        forwarded = headers.get("x-forwarded-host", "").partition(",")[0].strip()
        return [host for host in (headers.get("host", ""), forwarded, self.space) if host]


def _is_at(origin: str, host: str, site: str | None) -> bool:
    """Whether an origin is that of a host.

    A proxy may leave out the port that it was asked at. Then any port will do, unless the browser
    itself said that the page is another.
    """
    asked, own = urlsplit(origin.lower()), urlsplit(f"//{host.lower()}")
    usual = {"http": 80, "https": 443}.get(asked.scheme)
    try:
        ports = asked.port or usual, own.port
    except ValueError:  # no port at all, such as 99999999
        return False
    if not asked.hostname or asked.hostname != own.hostname:
        return False
    if ports[1] is None:
        return site is None or ports[0] == usual
    return ports[0] == ports[1]


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    origin = Headers(scope=scope).get("origin", "another site")
    words = (
        f"This came from a page of {origin[:100]}, which may not call this one. Whoever runs this "
        "page can allow it with DISTILLER_ORIGINS."
    )
    await PlainTextResponse(words, 403)(scope, receive, send)
