"""Settings of the page: what a visitor may ask for, and what the environment says.

A number here is a limit of one click, so that one visitor leaves room for the next. The command
line has none of them.

Environment variables that the page reads, beside those of the library:

    GRADIO_SERVER_NAME   the address to serve, 127.0.0.1 if unset: no other machine reaches it
    GRADIO_SERVER_PORT   the port to serve, 7860 if unset
    DISTILLER_TRAIN      1 lets visitors train on their own pictures, 0 does not; unset, they may
                         where no other machine reaches the page
    SPACE_ID             is set on a Space, which other machines reach
    SPACE_HOST           is set on a Space: the host that it has for its visitors
    DISTILLER_ORIGINS    other sites that may embed the page, and call it from a browser, such as
                         "https://example.org"; * for all; unset, there are none, but on a Space
                         huggingface.co
    DISTILLER_AHEAD      0 keeps a page that has nothing to do from encoding real images
    DISTILLER_XL         0 keeps a page on a GPU from preparing Imagenette for DiT-XL/2 by itself
    DISTILLER_WAITING    runs that may wait in line, 200 if unset; a visitor beyond that waits
                         before the line, and the page tries again by itself
    DISTILLER_GRACE      seconds that a waiting run keeps its place after its page was closed or
                         lost its connection, 60 if unset
    DISTILLER_MCP        1 offers the API to programs that speak the Model Context Protocol, too,
                         which needs the package mcp
    DISTILLER_KEPT       megabytes of finished runs to keep in the cache folder, 1000 if unset;
                         0 keeps none, in memory neither
"""

import os
import re
from importlib.util import find_spec
from typing import Any

from distiller.errors import Refused
from distiller.limits import whole
from distiller.recipes.loop import Settings

__all__ = [
    "ALONE", "BUDGET", "COMPLETION", "EVENTS", "FIRST", "KEPT", "OPEN", "PICTURES", "RUN", "SCORED",
    "SEEDS", "SESSIONS", "STEPS", "THUMBNAILS", "VISIT", "WHOLE", "WORK", "address", "grace",
    "keep_private", "kept_in_memory", "kept_on_disk", "may_prepare", "may_train", "origins", "port",
    "space_host", "speaks_mcp", "sum_up_rarely", "waiting", "works_ahead",
]  # fmt: skip

FIRST = "solids"
"""The data set that the page opens with."""
ALONE = ("random", "dit")
"""Methods with nothing to add to: real images, and no change at all."""
RUN = Settings(steps=20)
"""What a run has where nobody says otherwise: fewer steps than elsewhere, as somebody waits."""
VISIT = Settings(steps=12)
"""What the controls of Explore hold for a new visitor: what the methods that were measured make so
is as good as with `RUN`, and there sooner (bench/results.md, "Samplers with fewer steps"); one that
needs more steps says so. Comparisons begin with as many as the studies of a data set have."""
BUDGET = 64 * 100
"""Images times steps of one run."""
THUMBNAILS = 24
"""Real images that one call may fetch; classes that are shown as pictures without a file."""
COMPLETION = 20_000
"""Images times steps that make the missing classes of a set before it is evaluated."""
WHOLE = 200_000
"""Images times steps of every class for the lanes of one comparison."""
SEEDS = 10
"""Nets that one click trains on one set."""
WORK = {"cpu": 2e14, "cuda": 1e17}
"""Operations of one evaluation, by the kind of device: about an hour."""
STEPS = 200_000
"""Steps of one training, at most."""
PICTURES = 500_000_000
"""Bytes of a ZIP file to train on."""
KEPT = (3600, 86400)
"""Seconds: how often the files for download are looked over, and how long one is kept."""
SESSIONS = 200
"""Visitors whose state is kept; the one who was away longest is forgotten."""
EVENTS = 2000
"""Events of all visitors that may go on at once. A run that waits in the line is one: with Gradio's
own number, 40, a page does not open while 40 runs wait."""

SCORED = 300 * 64 * 64
"""Pixels of the images that one call may have scored: about a quarter of a minute's work."""
OPEN: dict[str, Any] = {"concurrency_limit": None}
"""For what waits in the line before the device (`viz.serving.line`), or does not wait at all."""

ORIGIN = re.compile(r"\*|https?://[a-z0-9.-]+(:[0-9]{1,5})?")
"""An origin of the setting DISTILLER_ORIGINS."""


def address() -> str:
    """The address that the page is served on."""
    return os.environ.get("GRADIO_SERVER_NAME", "127.0.0.1")


def port() -> int:
    """The port that the page is served on."""
    return int(os.environ.get("GRADIO_SERVER_PORT", "7860"))


def may_train() -> bool:
    """Whether visitors may train: as DISTILLER_TRAIN says, else where only this machine can reach
    the page."""
    if said := os.environ.get("DISTILLER_TRAIN"):
        return said == "1"
    return "SPACE_ID" not in os.environ and address() in ("127.0.0.1", "localhost")


def may_prepare() -> bool:
    """Whether a page on a GPU prepares Imagenette for DiT-XL/2: unless DISTILLER_XL is 0."""
    return os.environ.get("DISTILLER_XL") != "0"


def works_ahead() -> bool:
    """Whether a page that has nothing to do encodes real images: unless DISTILLER_AHEAD is 0."""
    return os.environ.get("DISTILLER_AHEAD") != "0"


def speaks_mcp() -> bool:
    """Whether the API is offered through the Model Context Protocol.

    Raises:
        Refused: if it is to be and the package is missing.
    """
    if os.environ.get("DISTILLER_MCP") != "1":
        return False
    if find_spec("mcp") is None:
        raise Refused("DISTILLER_MCP=1 needs the package mcp: pip install 'mcp>=1.21,<2'.")
    return True


def keep_private() -> None:
    """Has Gradio and the Hub report nothing of what is done here, where nobody said otherwise."""
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")


def sum_up_rarely() -> None:
    """Has Gradio not sum up all calls anew after each one, where nobody said otherwise.

    The sums are for its own page of them, which is shut here. They take 10 to 40 ms of the thread
    that answers everybody, for each call of the queue.
    """
    os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", str(10**9))


def origins() -> list[str]:
    """The other sites that may embed the page, and call it from a browser; "*" is all of them.

    Raises:
        Refused: if one is not the origin of a site.
    """
    usual = "https://huggingface.co" if "SPACE_ID" in os.environ else ""
    found = re.split(r"[\s,]+", os.environ.get("DISTILLER_ORIGINS", usual).lower())
    for one in filter(None, found):
        if not ORIGIN.fullmatch(one):
            raise Refused(
                "DISTILLER_ORIGINS needs origins, such as https://example.org or "
                f"http://localhost:3000, with spaces between them, or *; got {one[:60]!r}."
            )
    return [one for one in found if one]


def space_host() -> str:
    """The host of the Space that this is; empty elsewhere."""
    return os.environ.get("SPACE_HOST", "") if "SPACE_ID" in os.environ else ""


def waiting() -> int:
    """How many runs may wait in line."""
    return _positive("DISTILLER_WAITING", 200)


def grace() -> int:
    """Seconds that a waiting run keeps its place while nobody follows it."""
    return _positive("DISTILLER_GRACE", 60)


def kept_in_memory() -> int:
    """Bytes of finished runs to hold in memory."""
    return min(100_000_000, kept_on_disk())


def kept_on_disk() -> int:
    """Bytes of finished runs to keep in the cache folder."""
    return 1_000_000 * _positive("DISTILLER_KEPT", 1000)


def _positive(name: str, usual: int) -> int:
    """A whole number of the environment.

    Raises:
        Refused: if it is set to something else.
    """
    return whole(name, os.environ.get(name) or usual, 0, 10**9)
