"""The Dockerfile, as far as it is known unbuilt; .ci/docker_steps.py runs its steps."""

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def steps() -> ModuleType:
    """The script that runs the steps."""
    spec = importlib.util.spec_from_file_location("docker_steps", ROOT / ".ci/docker_steps.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["docker_steps"] = module
    spec.loader.exec_module(module)
    return module


def test_the_image_and_the_space_have_one_python_and_one_port(steps: ModuleType) -> None:
    found = steps.steps_of((ROOT / "Dockerfile").read_text())
    readme = (ROOT / "README.md").read_text()
    space = re.search(r'python_version: "(.+)"', readme)
    assert space is not None
    assert found[0] == steps.Step("FROM", f"python:{space[1]}-slim")
    env = next(steps.pairs_of(step.words) for step in found if step.name == "ENV")
    assert env["GRADIO_SERVER_NAME"] == "0.0.0.0"
    assert steps.Step("EXPOSE", env["GRADIO_SERVER_PORT"]) in found
    assert found[-1].name == "CMD"


def test_it_ends_as_a_person_and_not_as_root(steps: ModuleType) -> None:
    found = steps.steps_of((ROOT / "Dockerfile").read_text())
    users = [step.words for step in found if step.name == "USER"]
    made = [step.words for step in found if step.name == "RUN" and "useradd" in step.words]
    assert f"--uid 1000 {users[-1]}" in made[0]


def test_continued_lines_and_variables_are_read_as_docker_does(steps: ModuleType) -> None:
    found = steps.steps_of("# one\nENV A=1 \\\n    B=$A/two\nRUN pip  install x\n")
    assert found == [steps.Step("ENV", "A=1 B=$A/two"), steps.Step("RUN", "pip install x")]
    assert steps.filled("$A/two ${A}", {"A": "1"}) == "1/two 1"
    with pytest.raises(ValueError, match="ONBUILD"):
        steps.steps_of("ONBUILD RUN x")


def test_what_is_ignored_is_not_copied(steps: ModuleType, tmp_path: Path) -> None:
    for name in ("app.py", ".git/HEAD", "viz/__pycache__/a.pyc", "viz/a.py", "runs/a/b.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {str(path) for path in steps.copied(tmp_path, ignored)} == {"app.py", "viz/a.py"}
