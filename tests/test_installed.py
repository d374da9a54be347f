"""The package as others install it: a wheel, apart from the checkout, from any folder."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import pytest

from distiller.__main__ import main

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
SHIPPED = ("cifar10", "digits", "imagenette", "solids")

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
def command(installed: Path, tmp_path: Path) -> Command:
    """Runs a command in an empty folder, where only the installed package can be found."""
    environment = os.environ | {
        "PYTHONPATH": str(installed),
        "DISTILLER_CACHE": str(tmp_path / "cache"),  # without a contributor's own priors
    }

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
        if path.is_file() and path.suffix != ".pyc"
    }
    assets = ROOT / "assets"
    shown = {
        f"distiller/assets/{path.relative_to(assets)}"
        for path in assets.rglob("*")
        if path.is_file() and assets / "readme" not in path.parents
    }
    assert held == modules | shown


def test_python_finds_the_installed_package(installed: Path, command: Command) -> None:
    code = "import distiller.machine.assets as a, viz.figures as f; print(a.ASSETS, f.__file__)"
    assets, figures = command(sys.executable, "-c", code).split()
    assert Path(assets) == installed / "distiller" / "assets"
    assert Path(figures) == installed / "viz" / "figures.py"


def test_the_command_lists_data_sets_with_their_priors(installed: Path, command: Command) -> None:
    distiller = str(installed / "bin" / "distiller")
    listed = command(distiller, "datasets")
    for name in SHIPPED:
        assert name in listed
    assert "no prior here" not in listed


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
