"""What a visitor takes along of a run or a comparison: texts that make it again, and files.

A run is asked for by the parameters of its link. One that is kept is there at once, and any other
is made again: from the same settings come the same bytes.
"""

import base64
from collections.abc import Mapping
from typing import Any

from distiller.errors import Refused
from distiller.lab import open_images
from distiller.limits import choice
from distiller.sets.repetition import command_of, python_of, said_of, warning_of
from distiller.sets.request import Request

from .. import payloads
from ..catalogue import reference_of
from ..compare.lineup import Lineup
from ..serving.desk import Made, open_desk
from ..settings import BUDGET
from ..visitor.session import holder
from .embedding_atlas import atlas
from .parcel import comparison, selection

__all__ = ["atlas_of_lanes", "lane_texts", "packed_lanes", "packed_run", "run_texts"]

VISITOR = "whoever takes something along"
"""In the line: all of them have one visitor's share."""
KINDS = ("selection", "atlas")
CALLED = {"dataset": "dataset", "method": "method", "classes": "label"}
"""What the API calls the first arguments of `distill_set`; the others have the same names there."""
IMPORT = "from distiller import distill_set\n\n"
CLIENT = "from gradio_client import Client\n\nclient = Client({address!r})\n"


def run_texts(asked: Any) -> payloads.Texts:
    """A run as a command, as Python and as a call of the API: of [parameters of its link, address
    of the page].

    Raises:
        Refused: if there is no such run.
    """
    query, address = _pair(asked)
    request = _request(query)
    return {
        "command": command_of(request, f"runs/{request.dataset}"),
        "python": IMPORT + python_of(request),
        "api": CLIENT.format(address=address) + call_of(request),
        "warning": warning_of(request),
    }


def call_of(request: Request, name: str = "made") -> str:
    """The statement of Python that gives the name what the API makes of a request."""
    said = {CALLED.get(key, key): value for key, value in said_of(request).items()}
    given = [f"    {key}={value!r}," for key, value in {**said, "api_name": "/distill"}.items()]
    return "\n".join([f"{name} = client.predict(", *given, ")"])


def lane_texts(asked: Any) -> payloads.Texts:
    """The lanes of a comparison as commands, as Python and as calls of the API: of [parameters of
    its link, address of the page].

    Raises:
        Refused: if it is none, or a lane cannot be made.
    """
    query, address = _pair(asked)
    lanes = _lanes(query)
    words = {warning_of(request) for request in lanes.values()}
    return {
        "command": "\n".join(command_of(one, f"runs/{name}") for name, one in lanes.items()),
        "python": IMPORT + "\n".join(python_of(one, name) for name, one in lanes.items()),
        "api": CLIENT.format(address=address)
        + "\n".join(call_of(one, name) for name, one in lanes.items()),
        "warning": " ".join(sorted(words)).strip(),
    }


async def packed_run(asked: Any) -> payloads.Parcel:
    """A file of a run, of {"kind", "id", "query", "numbers", "view"}: a ZIP file of the selected
    images, or rows for Embedding Atlas.

    Raises:
        Refused: if there is no such run or file, or the images cannot be made again.
    """
    if not isinstance(asked, Mapping):
        raise Refused("A file needs its kind and the parameters of a run.")
    kind = choice("kind of file", asked.get("kind"), KINDS)
    request = _request(asked.get("query"))
    made = _at_hand(asked.get("id")) or await _made(request)
    name = f"{made.request.dataset}-{made.shown['class']}-{made.request.method}"
    if kind == "atlas":
        return _atlas(name, request.dataset, {"": made.packed}, asked.get("view"))
    numbers = asked.get("numbers")
    content = selection(made.packed, numbers if isinstance(numbers, list) else [])
    return _parcel(f"{name}-selection.zip", content)


async def packed_lanes(query: Any) -> payloads.Parcel:
    """The ZIP file of a comparison, by the parameters of its link.

    Raises:
        Refused: if it is none, or a lane cannot be made.
    """
    lanes = _lanes(query)
    packed = {name: (await _made(request)).packed for name, request in lanes.items()}
    asked = {key: str(value) for key, value in query.items()}
    name = f"{asked['dataset']}-{asked['classes']}-comparison.zip"
    return _parcel(name, comparison(packed, asked))


async def atlas_of_lanes(asked: Any) -> payloads.Parcel:
    """Rows for Embedding Atlas of all lanes of a comparison: of [parameters of its link, view].

    Raises:
        Refused: if it is none, a lane cannot be made, or the map has no such view.
    """
    query, view = _pair(asked)
    lanes = _lanes(query)
    packed = {name: (await _made(request)).packed for name, request in lanes.items()}
    name = f"{query['dataset']}-{query['classes']}-comparison"
    return _atlas(name, str(query["dataset"]), packed, view)


def _atlas(name: str, dataset: str, packed: Mapping[str, bytes], view: Any) -> payloads.Parcel:
    rows = atlas(packed, str(view), reference_of(dataset), open_images(dataset))
    return _parcel(f"{name}.jsonl", rows, "application/jsonl")


def _parcel(name: str, content: bytes, kind: str = "application/zip") -> payloads.Parcel:
    return {"name": name, "kind": kind, "content": base64.b64encode(content).decode()}


def _pair(asked: Any) -> tuple[Any, str]:
    if not isinstance(asked, list) or len(asked) != 2 or not isinstance(asked[1], str):
        raise Refused("The parameters of a link and a text are needed.")
    return asked[0], asked[1][:500]


def _texts(query: Any) -> dict[str, str]:
    if not isinstance(query, Mapping):
        raise Refused("The parameters of a link are needed.")
    return {str(key): str(value) for key, value in query.items()}


def _request(query: Any) -> Request:
    return Request.from_query(_texts(query), BUDGET)


def _lanes(query: Any) -> dict[str, Request]:
    """The requests of a comparison, by the names that its link has for the lanes."""
    given = {key: value for key, value in _texts(query).items() if key != "tab"}
    lineup = Lineup.from_query(given)
    return {
        f"lane{slot + 1}": request
        for slot, request in sorted(lineup.lanes.items())
        if isinstance(request, Request)
    }


def _at_hand(id: Any) -> Made | None:
    """The run of an id, where it is the last of the visit that the id was given to."""
    found = holder(id)
    last = None if found is None else found[0].last
    return last[1] if last is not None and last[0] == id else None


async def _made(request: Request) -> Made:
    """A run, kept or made again.

    Raises:
        Refused: if it cannot be made, or would be another.
    """
    if words := warning_of(request):
        raise Refused(f"{words[0].upper()}{words[1:]} Only the last run of this visit can be had.")
    dials = {"cfg_scale": request.cfg_scale, **request.options}
    made: Made | None = None
    async for shown in open_desk().run(VISITOR, request, dials):
        if isinstance(shown, Made):
            made = shown
    if made is None:
        raise Refused("The run was stopped before it was done. Ask for it again.")
    return made
