"""What is taken along: each text makes the run again, to the byte, and each file holds it."""

import asyncio
import base64
import io
import json
import shlex
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from distiller.__main__ import main
from distiller.diffusion.prior import default_cfg_scale
from distiller.errors import Refused
from distiller.sets.distilled import distill_set
from distiller.sets.request import Request
from tests.viz.sent import check
from viz import payloads
from viz.serving.desk import Desk, Made
from viz.serving.kept import Kept
from viz.serving.line import Line
from viz.take import taken
from viz.take.taken import atlas_of_lanes, lane_texts, packed_lanes, packed_run, run_texts

QUERY = {
    "dataset": "digits", "method": "dap", "classes": "3", "ipc": "2", "steps": "3", "seed": "4",
    "cfg_scale": "2.0", "sampler": "ddim", "dap.gamma": "0.7",
}  # fmt: skip
LANES = {
    "tab": "compare", "dataset": "digits", "classes": "3", "ipc": "2", "steps": "3", "seed": "4",
    "lane1": "random", "lane3": "dap", "lane3.dap.gamma": "0.7",
}  # fmt: skip


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    made = Desk(Line(9), Kept(tmp_path / "kept", memory=10**8, disk=10**8))
    monkeypatch.setattr(taken, "open_desk", lambda: made)
    yield made
    made.line.close()


def made_by(desk: Desk, query: dict[str, str]) -> Made:
    """The run as the page makes it."""

    async def run() -> list[Any]:
        request = Request.from_query(query)
        dials = {"cfg_scale": request.cfg_scale, **request.options}
        return [shown async for shown in desk.run("a", request, dials)]

    made = asyncio.run(run())[-1]
    assert isinstance(made, Made)
    return made


def entries(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        return {name: file.read(name) for name in file.namelist()}


def content_of(parcel: payloads.Parcel) -> bytes:
    check(payloads.Parcel, parcel)
    return base64.b64decode(parcel["content"])


def test_command_and_python_make_the_files_of_the_pages_run(desk: Desk, tmp_path: Path) -> None:
    page = entries(made_by(desk, QUERY).packed)
    texts = run_texts([QUERY, "http://127.0.0.1:7860/"])
    check(payloads.Texts, texts)
    words = shlex.split(texts["command"])
    words[words.index("--out") + 1] = str(tmp_path / "set")
    assert main(words[3:]) == 0
    for name, content in page.items():
        assert (tmp_path / "set" / name).read_bytes() == content, name
    names: dict[str, Any] = {}
    exec(texts["python"], names)
    for k, pixels in enumerate(names["made"].images):
        picture = io.BytesIO()
        Image.fromarray(pixels).save(picture, "PNG")
        assert picture.getvalue() == page[f"3/{k}.png"]
    assert names["distill_set"] is distill_set
    assert texts["warning"] == ""


def test_command_and_python_make_the_images_of_every_lane(desk: Desk, tmp_path: Path) -> None:
    texts = lane_texts([LANES, "http://127.0.0.1:7860/"])
    page = entries(content_of(asyncio.run(packed_lanes(LANES))))
    names: dict[str, Any] = {}
    exec(texts["python"], names)
    for line, lane in zip(texts["command"].splitlines(), ("lane1", "lane3"), strict=True):
        words = shlex.split(line)
        place = words.index("--out") + 1
        assert words[place] == f"runs/{lane}"
        words[place] = str(tmp_path / lane)
        assert main(words[3:]) == 0
        for k, pixels in enumerate(names[lane].images):
            picture = io.BytesIO()
            Image.fromarray(pixels).save(picture, "PNG")
            assert picture.getvalue() == page[f"{lane}/3/{k}.png"]
            assert (tmp_path / lane / f"3/{k}.png").read_bytes() == page[f"{lane}/3/{k}.png"]
    compile(texts["api"], "api", "exec")
    assert "'dap.gamma': 0.7" in texts["api"]


def test_a_private_option_is_missing_and_that_is_said() -> None:
    query = {**QUERY, "method": "dp-merf"}
    del query["dap.gamma"]
    texts = run_texts([query, ""])
    assert "dp-merf.secret is private" in texts["warning"]
    with pytest.raises(Refused, match="Only the last run of this visit can be had"):
        asyncio.run(packed_run({"kind": "selection", "query": query, "numbers": [0]}))


def test_a_selection_holds_what_is_selected(desk: Desk) -> None:
    page = entries(made_by(desk, QUERY).packed)
    asked = {"kind": "selection", "query": QUERY, "numbers": [1], "id": "nobody's"}
    files = entries(content_of(asyncio.run(packed_run(asked))))
    assert sorted(files) == ["3/1.png", "README.md", "manifest.json", "metadata.jsonl"]
    assert files["3/1.png"] == page["3/1.png"]
    assert json.loads(files["manifest.json"])["selection"] == {"of": 2, "images": [1]}
    (line,) = files["metadata.jsonl"].decode().splitlines()
    assert line == page["metadata.jsonl"].decode().splitlines()[1]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (5, "needs its kind"),
        ({"kind": "selection", "query": QUERY, "numbers": []}, "No image is selected"),
        ({"kind": "selection", "query": QUERY, "numbers": [9]}, "image must be a whole number"),
        ({"kind": "exe", "query": QUERY}, "no kind of file 'exe'"),
        ({"kind": "atlas", "query": QUERY, "view": "tsne"}, "no view 'tsne'"),
        ({"kind": "atlas", "query": None, "view": "umap"}, "parameters of a link"),
        ({"kind": "atlas", "query": {"prior": "/etc"}, "view": "umap"}, "no parameter 'prior'"),
    ],
)
def test_what_cannot_be_packed_is_refused(asked: Any, words: str) -> None:
    with pytest.raises(Refused, match=words):
        asyncio.run(packed_run(asked))


def rows_of(parcel: payloads.Parcel) -> list[Any]:
    return [json.loads(line) for line in content_of(parcel).splitlines()]


def picture_of(row: Any) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(row["image"].partition(",")[2])))


def test_rows_for_an_atlas_have_a_place_a_picture_and_neighbours(desk: Desk) -> None:
    asked = {"kind": "atlas", "query": QUERY, "view": "pca"}
    rows = rows_of(asyncio.run(packed_run(asked)))
    made, real = rows[:2], rows[2:]
    metadata = entries(made_by(desk, QUERY).packed)["metadata.jsonl"].decode().splitlines()
    assert [row["source"] for row in made] == ["dap", "dap"]
    assert {row["source"] for row in real} == {"real"}
    for row in rows:
        assert (row["x"], row["y"]) == (row["pca_x"], row["pca_y"])
        assert picture_of(row).size == (32, 32)
        assert row["class_name"] == "3"
        ids, distances = row["neighbors"]["ids"], row["neighbors"]["distances"]
        assert len(ids) == len(distances) == 5
        assert distances == sorted(distances)
        assert {rows[k]["source"] for k in ids} == {"real"}
    for row, line in zip(made, metadata, strict=True):
        known = json.loads(line)["neighbours"]
        assert [rows[k]["training_image"] for k in row["neighbors"]["ids"]] == known["rows"]
        assert row["neighbors"]["distances"] == known["distances"]
    for k, row in enumerate(real, 2):
        assert (row["neighbors"]["ids"][0], row["neighbors"]["distances"][0]) == (k, 0)


def test_an_atlas_of_lanes_tells_them_apart() -> None:
    parcel = asyncio.run(atlas_of_lanes([LANES, "class"]))
    assert parcel["name"] == "digits-3-comparison.jsonl"
    rows = rows_of(parcel)
    assert [row["source"] for row in rows[:4]] == ["lane1 random"] * 2 + ["lane3 dap"] * 2
    assert all((row["x"], row["y"]) == (row["class_x"], row["class_y"]) for row in rows)
    with pytest.raises(Refused, match="no view 'tsne'"):
        asyncio.run(atlas_of_lanes([LANES, "tsne"]))


def test_a_comparison_is_one_image_folder(desk: Desk) -> None:
    parcel = asyncio.run(packed_lanes(LANES))
    assert parcel["name"] == "digits-3-comparison.zip"
    files = entries(content_of(parcel))
    assert {"lane1/3/0.png", "lane3/3/1.png", "README.md", "metadata.jsonl"} <= set(files)
    lines = [json.loads(line) for line in files["metadata.jsonl"].decode().splitlines()]
    assert [line["file_name"] for line in lines] == [n for n in files if n.endswith(".png")]
    assert {tuple(line) for line in lines} == {tuple(lines[0])}
    assert json.loads(files["manifest.json"])["comparison"] == LANES
    own = {key: value for key, value in QUERY.items() if key != "cfg_scale"}
    lane = entries(made_by(desk, {**own, "cfg_scale": str(default_cfg_scale("digits"))}).packed)
    assert files["lane3/3/0.png"] == lane["3/0.png"]
