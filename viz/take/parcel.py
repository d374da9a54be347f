"""Parcels: files of finished runs that were packed: a selection, a comparison.

Each is made of the ZIP files of runs, and of nothing else, so its images are theirs to the byte.
The same runs give the same parcel: nothing in it tells the time of day.
"""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

from distiller.errors import Refused
from distiller.limits import whole
from distiller.sets.card import front_of

__all__ = ["comparison", "files_of", "selection"]


def selection(packed: bytes, numbers: Sequence[Any]) -> bytes:
    """The set with the images of these numbers alone; they keep their names.

    The scores stay those of the whole set, and the manifest says which images were taken.

    Raises:
        Refused: if none is selected, or there is no image of a number.
    """
    files = files_of(packed)
    lines = files["metadata.jsonl"].decode().splitlines()
    chosen = sorted({whole("image", number, 0, len(lines) - 1) for number in numbers})
    if not chosen:
        raise Refused("No image is selected: click one, or draw around some on the map.")
    names = [json.loads(lines[k])["file_name"] for k in chosen]
    manifest = json.loads(files["manifest.json"])
    manifest["selection"] = {"of": len(lines), "images": chosen}
    words = f"A selection of {len(chosen)} of these images; the scores are those of all.\n"
    card = files["README.md"].decode()
    return _packed(
        {
            **{name: files[name] for name in names},
            "metadata.jsonl": _text([lines[k] for k in chosen]),
            "README.md": f"{card.rstrip()}\n\n{words}".encode(),
            "manifest.json": _json(manifest),
        }
    )


def comparison(lanes: Mapping[str, bytes], query: Mapping[str, str]) -> bytes:
    """The sets of all lanes in one file: a folder for each lane, and metadata of all at the top.

    `lanes` are packed runs by the names of their lanes, as the link has them ("lane1"); `query`
    holds the parameters of that link.
    """
    found, lines, manifests = dict[str, bytes](), list[str](), dict[str, Any]()
    for name, packed in lanes.items():
        files = files_of(packed)
        manifests[name] = json.loads(files["manifest.json"])
        for line in files["metadata.jsonl"].decode().splitlines():
            row = json.loads(line)
            path = f"{name}/{row['file_name']}"
            found[path] = files[row["file_name"]]
            # All lanes have the same fields, since all images were measured in the same way.
            lines.append(json.dumps({**row, "file_name": path, "lane": name}))
    title = f"Methods beside each other on {query['dataset']}: {query['classes']}"
    manifest = {"schema": 1, "comparison": dict(query), "lanes": manifests}
    card = [
        *front_of(title, len(found), None),
        f"# {title}",
        "",
        f"The images of {len(lanes)} lanes, a folder for each, from seed {query['seed']}.",
        "",
        *(f"- `{name}/`: `{query[name]}`" for name in lanes),
        "",
        "`metadata.jsonl` says of each image its lane, its place on the maps and its nearest real "
        "images. `manifest.json` has every parameter and every score of each lane.",
        "",
        "Drop the ZIP file on the page to make the comparison again.",
    ]
    return _packed(
        {
            **found,
            "metadata.jsonl": _text(lines),
            "README.md": _text(card),
            "manifest.json": _json(manifest),
        }
    )


def files_of(packed: bytes) -> dict[str, bytes]:
    """What is in a ZIP file, by the paths."""
    with zipfile.ZipFile(io.BytesIO(packed)) as file:
        return {name: file.read(name) for name in file.namelist()}


def _packed(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o644 << 16
            file.writestr(entry, content)
    return buffer.getvalue()


def _text(lines: Sequence[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode()


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=1) + "\n").encode()
