"""The package as others install it: a wheel, apart from the checkout, from any folder."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen
from zipfile import ZipFile

import pytest

from distiller.__main__ import main

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
SHIPPED = {folder.name for folder in (ROOT / "assets" / "priors").iterdir()}

Command = Callable[..., str]


def pip(*arguments: object) -> None:
    """Runs pip without a network: what a build needs is installed beside the tests."""
    quiet = ["--quiet", "--no-deps", "--no-index", "--disable-pip-version-check"]
    subprocess.run([sys.executable, "-m", "pip", *map(str, arguments), *quiet], check=True)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-build-isolation", "--wheel-dir", folder, ROOT)
    (built,) = folder.glob("distiller-*.whl")
    print(f"{built.name}: {built.stat().st_size / 1e6:.1f} MB")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the wheel is installed into."""
    folder = tmp_path_factory.mktemp("site")
    pip("install", "--target", folder, wheel)
    return folder


@pytest.fixture
def environment(installed: Path, tmp_path: Path) -> dict[str, str]:
    """The variables of a process that finds the installed package."""
    own = {"PYTHONPATH": str(installed), "DISTILLER_CACHE": str(tmp_path / "cache")}
    return {**os.environ, **own}  # without a contributor's own priors, which lie in the cache


@pytest.fixture
def command(environment: dict[str, str], tmp_path: Path) -> Command:
    """Runs a command in an empty folder, where only the installed package can be found."""

    def run(*arguments: str) -> str:
        """What it prints."""
        done = subprocess.run(
            arguments, cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_a_wheel_holds_every_module_and_every_asset(wheel: Path) -> None:
    with ZipFile(wheel) as file:
        held = {n for n in file.namelist() if ".dist-info/" not in n}
    modules = {
        str(path.relative_to(ROOT))
        for package in ("distiller", "viz")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assets = ROOT / "assets"
    shown = {
        f"distiller/assets/{path.relative_to(assets)}"
        for path in assets.rglob("*")
        if path.is_file() and assets / "readme" not in path.parents
    }
    assert held == modules | shown


def test_python_finds_the_installed_package(installed: Path, command: Command) -> None:
    code = (
        "import distiller.machine.assets as a, viz.draw.figures as f; print(a.ASSETS, f.__file__)"
    )
    assets, figures = command(sys.executable, "-c", code).split()
    assert Path(assets) == installed / "distiller" / "assets"
    assert Path(figures) == installed / "viz" / "draw" / "figures.py"


def test_the_command_lists_data_sets_with_their_priors(installed: Path, command: Command) -> None:
    distiller = str(installed / "bin" / "distiller")
    rows = re.findall(r"^(\S+) .*\n((?: .*\n)*)", command(distiller, "datasets"), re.M)
    assert [name for name, _ in rows] == list(json.loads(command(distiller, "datasets", "--json")))
    with_prior = {name for name, more in rows if "no prior here" not in more}
    assert with_prior == SHIPPED


def test_the_command_distils_as_the_checkout_does(
    installed: Path, command: Command, tmp_path: Path
) -> None:
    distiller = str(installed / "bin" / "distiller")
    small = ["distill", "--dataset", "digits", "--classes", "3", "--ipc", "2", "--steps", "3"]
    assert "2 images in" in command(distiller, *small, "--out", "there")
    assert main([*small, "--out", str(tmp_path / "here")]) == 0
    there, here = (
        {p.relative_to(tmp_path / where): p.read_bytes() for p in (tmp_path / where).rglob("*.png")}
        for where in ("there", "here")
    )
    assert len(here) == 2
    assert there == here
    scores = json.loads((tmp_path / "there" / "manifest.json").read_text())["scores"]
    assert {"latents", "features", "judged"} <= scores.keys()


def fetch(url: str) -> str:
    with urlopen(url, timeout=300) as answer:
        return str(answer.read().decode())


def test_the_command_starts_the_page(
    installed: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    arguments = [str(installed / "bin" / "distiller"), "page", "--port", str(port)]
    page, shown = subprocess.Popen(arguments, cwd=tmp_path, env=environment), ""
    try:
        while not shown and page.poll() is None:
            try:
                shown = fetch(f"http://127.0.0.1:{port}/")
            except URLError:  # it does not listen yet
                time.sleep(0.2)
        # The page's own head is a value of its configuration, where quotes are escaped.
        scripts = re.findall(r'href=\\?"(scripts/[^"\\]+[.]js)', shown)
        assert scripts
        for path in scripts:
            assert fetch(f"http://127.0.0.1:{port}/{path}")
        parts = json.loads(fetch(f"http://127.0.0.1:{port}/config"))["components"]
        choices = (p["props"] for p in parts if p["props"].get("label") == "Data set")
        offered = [{name for _, name in choice["choices"]} for choice in choices]
        assert offered
        assert all(names == SHIPPED for names in offered)
    finally:
        page.send_signal(signal.SIGINT)
        assert page.wait(120) in (0, 130)  # 130: it was stopped while it still began
