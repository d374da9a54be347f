"""The page's scripts: how they are served, and what holds of each."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from viz.page import scripts

MODULES = sorted(scripts.SCRIPTS.rglob("*.js"))


@pytest.fixture
def client() -> TestClient:
    return TestClient(Starlette(routes=scripts.routes()))


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of scripts of its own, with one in it."""
    monkeypatch.setattr(scripts, "SCRIPTS", tmp_path)
    (tmp_path / "page.js").write_text("export const a = 1;")
    forget()
    yield tmp_path
    forget()


def forget() -> None:
    scripts._modules.cache_clear()
    scripts._version.cache_clear()


def paths() -> list[str]:
    return re.findall(r'href="([^"]+)"', scripts.head())


def test_every_script_is_fetched_at_once_and_kept_for_good(client: TestClient) -> None:
    found = paths()
    assert len(found) == len(MODULES)  # without what stands in the document, with Plotly
    for path in found:
        answer = client.get(f"/{path}")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/javascript")
        assert "immutable" in answer.headers["cache-control"]
    module = next(path for path in found if path.endswith("explore/map.js"))
    assert client.get(f"/{module}").content == (scripts.SCRIPTS / "explore/map.js").read_bytes()


def test_paths_are_relative_to_a_page_that_may_lie_anywhere() -> None:
    assert all(re.match(r"scripts/[0-9a-f]{16}/", path) for path in paths())
    assert "'scripts/" in scripts.part("header")


def test_what_runs_first_stands_in_the_document(client: TestClient) -> None:
    text = (scripts.SCRIPTS / scripts.CLOCK).read_text()
    assert scripts.first() == f"<script>{{{text}}}</script>"
    assert "</script" not in text
    assert not any(path.endswith(scripts.CLOCK) for path in paths())


def test_another_version_has_another_path_and_the_old_one_leads_nowhere(
    own: Path, client: TestClient
) -> None:
    before = scripts._url("page.js")
    assert client.get(f"/{before}").text == "export const a = 1;"
    (own / "page.js").write_text("export const a = 2;")
    assert client.get(f"/{before}").text == "export const a = 1;"  # a version stays what it is
    forget()  # as a server does that starts anew
    after = scripts._url("page.js")
    assert after != before
    assert client.get(f"/{after}").text == "export const a = 2;"
    assert client.get(f"/{before}").status_code == 404


def test_a_script_that_moves_makes_another_version(own: Path) -> None:
    before = scripts._version()
    (own / "page.js").rename(own / "other.js")
    forget()
    assert scripts._version() != before


@pytest.mark.parametrize("name", ["../app.py", "..%2f..%2fapp.py", "no.js", "payloads.d.ts", ""])
def test_nothing_but_scripts_is_served(client: TestClient, name: str) -> None:
    assert client.get(f"/scripts/{scripts._version()}/{name}").status_code == 404


def test_a_part_names_what_it_triggers() -> None:
    assert "'pick'" in scripts.part("explore/chooser", "pick")
    assert "Triggers: nothing" in scripts.part("explore/map")


def test_a_part_without_a_script_is_an_error() -> None:
    with pytest.raises(LookupError, match=r"no script explore/moon\.js"):
        scripts.part("explore/moon")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_every_script_is_checked_and_can_be_read(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "// @ts-check"
    assert lines[1].startswith("// ")  # what it is
    assert max(map(len, lines)) <= 100
    assert len(lines) <= 350
