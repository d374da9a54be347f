"""The command line: what it prints, what it writes, and how it refuses."""

import json
from pathlib import Path

import pytest

from distiller.__main__ import main

SMALL = ["distill", "--dataset", "digits", "--ipc", "3", "--steps", "3", "--classes", "1"]


def test_lists_data_sets_and_methods(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["datasets"]) == 0
    assert "1,797 real handwritten digits" in capsys.readouterr().out
    assert main(["methods"]) == 0
    out = capsys.readouterr().out
    for name in ("dap", "dit", "diversity", "random"):
        assert f"\n{name} " in f"\n{out}"
    assert "gamma = 0.3" in out
    assert main(["methods", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["dap"]["options"]["gamma"]["high"] == 5


def test_distils_and_scores(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "set"
    assert main([*SMALL, "--method", "dap", "--set", "gamma=2.5", "--out", str(out)]) == 0
    assert "3 images in" in capsys.readouterr().out
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["request"]["options"]["dap.gamma"] == 2.5
    assert main(["score", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == manifest["scores"]
    assert main(["score", str(out)]) == 0
    assert "mmd2_double" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--method", "dap+dap"], "occurs twice"),
        (["--set", "gamma"], "--set needs NAME=VALUE"),
        (["--ipc", "1e9"], "ipc must be"),
        (["--steps", "nan"], "steps must be"),
        (["--device", "abacus"], "device 'abacus' cannot be used"),
        (["--prior", "/nowhere"], "There is no prior '/nowhere'"),
        (["--dataset", "x" * 5000], "no data set 'xxx"),
        (["--dataset", "a\0b"], "no data set"),
        (["--classes", "ten"], "no class 'ten'. Known: 0, 1"),
        (["--method", "random", "--ipc", "200"], "has 146 training images; 200 were asked for"),
    ],
)
def test_refuses_with_one_sentence_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert main([*SMALL, *arguments, "--out", str(tmp_path / "set")]) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("distiller: ")
    assert words in error
    assert not list(tmp_path.rglob("*.png"))
    assert not (tmp_path / "set" / "manifest.json").exists()


def test_a_foreign_weights_folder_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "model_index.json").write_text("{}")
    arguments = ["--prior", str(tmp_path / "weights"), "--out", str(tmp_path / "set")]
    assert main([*SMALL, *arguments]) == 2
    assert "is not a DiTPipeline folder" in capsys.readouterr().err


def test_what_is_missing_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["score", str(tmp_path)]) == 2
    assert "no manifest.json" in capsys.readouterr().err
    assert main(["card", str(tmp_path)]) == 2
    assert "no prior.json" in capsys.readouterr().err
