"""The page's scripts: ES modules of assets/page/, served as they are, beside Plotly.

They lie under a path that names their version, a hash of all of them. So a browser keeps them for
good, and takes none of another version: neither an old one, nor two versions side by side. Paths
are relative to the page, which may lie anywhere behind a proxy.
"""

import hashlib
from functools import cache
from pathlib import Path

import plotly
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from distiller.machine.assets import ASSETS

__all__ = ["brought", "first", "head", "part", "routes"]

SCRIPTS = ASSETS / "page"
PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
CLOCK = "clock.js"
KEPT = {"Cache-Control": "public, max-age=31536000, immutable"}


@cache
def _modules() -> dict[str, bytes]:
    """The modules by their paths: read once, so that a version stays what it is."""
    found = {p.relative_to(SCRIPTS).as_posix(): p.read_bytes() for p in SCRIPTS.rglob("*.js")}
    return dict(sorted(found.items()))


@cache
def _version() -> str:
    digest = hashlib.sha256(plotly.__version__.encode())
    for name, text in _modules().items():
        digest.update(f"\n{name} {len(text)}\n".encode() + text)
    return digest.hexdigest()[:16]


def _url(name: str) -> str:
    return f"scripts/{_version()}/{name}"


def _serve(request: Request) -> Response:
    version, name = request.path_params["version"], request.path_params["name"]
    if version == _version():
        if name == PLOTLY.name:
            return FileResponse(PLOTLY, media_type="text/javascript", headers=KEPT)
        if name in _modules():
            return Response(_modules()[name], media_type="text/javascript", headers=KEPT)
    return PlainTextResponse("There is no such script in this version of the page.", 404)


def routes() -> list[Route]:
    """What serves the scripts."""
    return [Route("/scripts/{version}/{name:path}", _serve)]


def brought() -> str:
    """A script that brings what the page kept, in place of the first value of an event."""
    return (
        f"async (first, ...rest) => {{\n"
        f"  const keep = await import(new URL('{_url('keep.js')}', document.baseURI).href);\n"
        f"  return [JSON.stringify(keep.bring()), ...rest];\n"
        f"}}"
    )


def head() -> str:
    """Has a browser fetch all scripts at once, before the page asks for the first.

    Gradio adds it to the page once its own scripts run.
    """
    later = [name for name in _modules() if name != CLOCK]
    modules = [f'<link rel="modulepreload" href="{_url(name)}">' for name in later]
    return "\n".join([f'<link rel="preload" as="script" href="{_url(PLOTLY.name)}">', *modules])


def first() -> str:
    """What must run before Gradio's own scripts: it stands whole in the document."""
    return f"<script>{{{_modules()[CLOCK].decode()}}}</script>"


def part(path: str, *events: str) -> str:
    """What a component of the page does when it is loaded: it mounts the part of that path.

    The part is a script such as "explore/map", which exports a `mount`. `events` are those that
    it triggers: Gradio offers those that are named in this text.

    Raises:
        LookupError: if there is no such script.
    """
    if f"{path}.js" not in _modules():
        raise LookupError(f"There is no script {path}.js in {SCRIPTS}.")
    words = "This part of the page could not be loaded. Reload the page."
    return (
        f"// Triggers: {', '.join(map(repr, events)) or 'nothing'}.\n"
        f"import(new URL('{_url('page.js')}', document.baseURI).href)\n"
        f"  .then((page) => page.mount('{path}', {{ element, props, server, trigger, watch }}))\n"
        f"  .catch((error) => {{ element.textContent = '{words}'; throw error; }});"
    )
