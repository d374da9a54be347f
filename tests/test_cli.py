"""The command line: what it prints, what it writes, and how it refuses."""

import json
import re
from pathlib import Path

import pytest
from PIL import Image

from distiller.__main__ import main
from distiller.commands import COMMANDS
from distiller.data.registry import load

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


HELP = {
    "datasets": ["--json"],
    "methods": ["--json"],
    "distill": [
        "--dataset", "--method", "--ipc", "--out", "--seed", "--classes", "--steps", "--cfg-scale",
        "--cfg-channels", "--cfg-between", "--sampler", "--set", "--paper", "--as", "--dry-run",
        "--together", "--prior", "--device", "--dtype", "--compile",
    ],
    "score": ["DIR", "--dataset", "--independent", "--json", "--device"],
    "evaluate": [
        "DIR", "--dataset", "--protocol", "--as", "--net", "--teacher", "--size", "--seeds",
        "--epochs", "--baseline", "--full", "--ranking", "--report", "--robust", "--privacy",
        "--json", "--device",
    ],
    "train-prior": [
        "--dataset", "--data", "--size", "--class-level", "--out", "--steps",
        "--autoencoder-steps", "--decoder-steps", "--start", "--lr", "--seed", "--device",
    ],
    "convert-prior": ["FILE", "--out", "--vae", "--heads", "--labels", "--weights"],
    "prepare": ["--dataset", "--size", "--prior", "--imagenet", "--out", "--device", "--dtype"],
    "train-teacher": ["--dataset", "--net", "--out", "--epochs", "--seed", "--device"],
    "train-judge": ["--dataset", "--out"],
    "reference": ["--dataset", "--out"],
    "card": ["PRIOR"],
}  # fmt: skip


def test_help_names_every_command_in_its_place(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    out = capsys.readouterr().out
    named = [line.split()[0] for line in out.splitlines() if line[:4] == "    " != line[:5]]
    assert [name for name in named if name in HELP] == list(HELP)


@pytest.mark.parametrize("command", HELP)
def test_help_says_what_a_command_takes(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main([command, "--help"])
    out = capsys.readouterr().out
    assert COMMANDS[command].about in " ".join(out.split())
    taken = {word.strip("[],") for line in out.splitlines() for word in line.split()}
    assert {*HELP[command]} <= taken
    assert {word for word in taken if word.startswith("--")} - {"--help", "--dataset"} <= {
        *HELP[command]
    }


def test_distils_and_scores(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "set"
    assert main([*SMALL, "--method", "dap", "--set", "gamma=2.5", "--out", str(out)]) == 0
    assert "3 images in" in capsys.readouterr().out
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["request"]["options"]["dap.gamma"] == 2.5
    assert main(["score", str(out), "--json"]) == 0
    scored = json.loads(capsys.readouterr().out)
    assert set(scored.pop("discrepancies")) == {"latents", "features"}
    assert scored == manifest["scores"]
    assert main(["score", str(out)]) == 0
    assert "mmd2_double" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--method", "dap+dap"], "occurs twice"),
        (["--method", "paper:dit"], "no paper 'dit'. Known: cao2, d3hr, dap, igd, mgd3, minimax"),
        (["--method", "paper:igd+paper:dap"], "paper:igd and paper:dap are two"),
        (["--method", "paper:dap", "--as", "released"], "No code of dap is public"),
        (["--as", "released"], "ask for one, such as paper:minimax"),
        (["--cfg-channels", "5"], "cfg_channels must be at most 4"),
        (["--set", "gamma"], "--set needs NAME=VALUE"),
        (["--ipc", "1e9"], "ipc must be"),
        (["--steps", "nan"], "steps must be"),
        (["--device", "abacus"], "device 'abacus' cannot be used"),
        (["--dtype", "float8"], "no dtype 'float8'. Known: auto, bfloat16"),
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


def test_a_paper_sets_what_is_not_given_and_a_dry_run_says_whence_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "set"
    small = ["distill", "--dataset", "digits", "--ipc", "2", "--classes", "1", "--out", str(out)]
    few = [*small, "--method", "paper:mgd3+diversity", "--steps", "3", "--set", "images=20"]
    assert main([*few, "--dry-run", "--dtype", "float32", "--device", "cpu"]) == 0
    shown = capsys.readouterr().out
    rows = {line.split()[0]: " ".join(line.split()[1:]) for line in shown.splitlines() if line[2:]}
    assert rows["sampler"].startswith("ddpm the released code")
    assert rows["steps"] == "3 given"
    assert rows["mgd3.images"] == "20 given"
    assert rows["mgd3.strength"] == "0.1 the paper, lambda"
    assert rows["diversity.strength"].endswith("the default here")
    assert rows["--report"].startswith("best-on-test")
    assert rows["Sampling:"].startswith("1 classes of 2 latents in 3 steps are 6 image steps; one")
    assert "mgd3 adds to that, in fitting and in each step: not measured" in shown
    assert not list(tmp_path.iterdir())
    assert main(few) == 0
    request = json.loads((out / "manifest.json").read_text())["request"]
    assert (request["sampler"], request["steps"], request["cfg_channels"]) == ("ddpm", 3, 3)
    assert request["options"]["mgd3.form"] == "step"
    assert request["options"]["mgd3.images"] == 20


@pytest.mark.parametrize("method", ["minimax", "d3hr"])
def test_a_dry_run_measures_a_step_where_the_prior_is_here(
    method: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["distill", "--dataset", "digits", "--method", f"paper:{method}", "--out", "none"]
    assert main([*arguments, "--dry-run", "--device", "cpu"]) == 0
    shown = capsys.readouterr().out
    counted = {
        "minimax": r"Fine-tuning: 1 fit of 12,000 steps; one took [\d.e-]+ s \(measured\)",
        "d3hr": r"Inversion: 1,4\d\d images in 30 steps are 4\d,\d\d0 image steps",
    }
    assert re.search(counted[method], shown)
    if method == "d3hr":
        assert re.search(r"1,000,000 a class are compared; 200 took [\d.e-]+ s \(measured\)", shown)
    assert re.search(r"Decoding: 100 images; one took [\d.e-]+ s", shown)
    assert "would be refused" not in shown
    assert re.search(r"Memory: this process held \d+\.\d\d GiB", shown)
    assert main([*arguments, "--dry-run", "--prior", "facebook/DiT-XL-2-256"]) == 0
    shown = capsys.readouterr().out
    assert "facebook/DiT-XL-2-256 is not on this machine, so they are not known" in shown


def test_a_dry_run_says_what_would_be_refused_and_that_real_images_need_no_sampling(
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = ["distill", "--dataset", "digits", "--ipc", "2", "--out", "none", "--dry-run"]
    assert main([*arguments, "--device", "cpu", "--method", "dap", "--set", "block=63"]) == 0
    shown = capsys.readouterr().out
    assert "This run would be refused: dap.block must be below" in shown
    assert main([*arguments, "--device", "cpu", "--method", "random"]) == 0
    shown = capsys.readouterr().out
    assert "Sampling: none, real images are taken." in shown


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


def write_digits(folder: Path, classes: str = "0123456789", ipc: int = 3) -> Path:
    """A folder of real training images, without a manifest."""
    data = load("digits")
    for name in classes:
        (folder / name).mkdir(parents=True)
        for k, row in enumerate(data.train.of(int(name))[:ipc]):
            Image.fromarray(data.train.images[row]).save(folder / name / f"{k}.png")
    return folder


@pytest.mark.slow
def test_scores_in_features_that_nobody_here_trained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISTILLER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("distiller.scores.efficientnet.SIDE", 32)  # 49 times less work
    folder = write_digits(tmp_path / "set", ipc=5)
    arguments = ["score", str(folder), "--dataset", "digits"]
    assert main([*arguments, "--json"]) == 0
    plain = json.loads(capsys.readouterr().out)
    assert main([*arguments, "--independent", "--json"]) == 0
    scored = json.loads(capsys.readouterr().out)
    found = scored.pop("independent")
    assert scored == plain
    assert found["nearest"]["value"] < 0.1  # the images are training images
    assert found.keys() == plain["features"].keys()
    assert main([*arguments, "--independent"]) == 0
    assert "independent" in capsys.readouterr().out


def test_evaluates_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_digits(tmp_path / "set", "037")
    arguments = ["evaluate", str(folder), "--dataset", "digits", "--seeds", "2", "--epochs", "20"]
    assert main([*arguments, "--baseline", "--privacy", "--json"]) == 0
    out, error = capsys.readouterr()
    table = json.loads(out)
    assert (table["net"], table["protocol"], table["epochs"]) == ("convnet-3-w32", "quick", 20)
    assert len(table["accuracies"]) == len(table["baseline"]["accuracies"]) == 2
    assert table["accuracy_mean"] > 60
    assert table["classes"] == ["0", "3", "7"]
    difference = table["accuracy_mean"] - table["baseline"]["accuracy_mean"]
    assert table["difference_mean"] == pytest.approx(difference)
    assert table["privacy"]["memorisation"]["p_value"] < 0.3  # nine copies of training images
    assert "train on random real" in error
    assert main([*arguments, "--robust"]) == 0
    out = capsys.readouterr().out
    for words in ("test accuracy", "fgsm", "corrupted", "3 classes of digits"):
        assert words in out


def test_nets_are_named_with_blanks_and_all_checked_before_any_is_trained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_digits(tmp_path / "set", "03", 1)
    (folder / "moon").mkdir()
    Image.new("RGB", (32, 32)).save(folder / "moon" / "0.png")
    arguments = ["evaluate", str(folder), "--dataset", "digits", "--seeds", "1", "--epochs", "1"]
    assert main([*arguments, "--net", "convnet-1-w8, convnet-2-w8", "--json"]) == 0
    out, error = capsys.readouterr()
    assert [table["net"] for table in json.loads(out)["nets"]] == ["convnet-1-w8", "convnet-2-w8"]
    assert "distiller: Left out, for they name no class: moon/ (1). Expected: 0, 1, 2" in error
    assert main([*arguments, "--net", "convnet-1-w8, resnet-19"]) == 2
    out, error = capsys.readouterr()
    assert "no net 'resnet-19'" in error
    assert "train" not in error  # no progress of the first


def test_an_evaluation_as_in_a_paper_sets_what_is_not_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_digits(tmp_path / "set", "03", 1)
    arguments = ["evaluate", str(folder), "--dataset", "digits", "--protocol", "paper:igd"]
    few = ["--net", "convnet-1-w8", "--epochs", "1", "--seeds", "2", "--json"]
    assert main([*arguments, *few]) == 0
    out, error = capsys.readouterr()
    table = json.loads(out)
    assert (table["protocol"], table["report"], table["epochs"]) == ("hard", "best-on-test", 1)
    assert len(table["accuracies"]) == 2
    assert "--protocol hard (the released code of IDC" in error
    assert "--seeds" not in error
    assert main(arguments) == 2  # whose nets need larger images
    assert "--seeds 5 (the released code: five seeds)" in capsys.readouterr().err
    assert main([*arguments[:-1], "paper:dit"]) == 2
    assert "no paper 'dit'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--protocol", "slow"], "no protocol 'slow'. Known: dc, dsa, hard, quick"),
        (["--net", "convnet"], "no net 'convnet'. Known: convnet-3"),
        (["--net", "convnet-3, resnet-19"], "no net 'resnet-19'. Known: convnet-3"),
        (["--net", " , "], "--net needs the name of a net; got ' , '"),
        (["--seeds", "0"], "seeds must be a whole number from 1 to 100"),
        (["--epochs", "half"], "epochs must be"),
        ([], "at least two classes"),
        (["--baseline", "--dataset", "letters"], "no data set 'letters'"),
    ],
)
def test_an_evaluation_that_cannot_be_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    folder = write_digits(tmp_path / "set", "01" if arguments else "0", 1)
    assert main(["evaluate", str(folder), "--dataset", "digits", *arguments]) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("distiller: ")
    assert words in error


@pytest.mark.parametrize(
    ("command", "begins", "resumes"),
    [
        ("distill", "commands.distill.Request.parse", True),
        ("evaluate", "commands.evaluate.choice", True),
        ("score", "lab.open_lab", False),
    ],
)
def test_a_stopped_command_says_whether_it_can_be_gone_on_with(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    command: str,
    begins: str,
    resumes: bool,
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(f"distiller.{begins}", stopped)
    target = ["--out", str(tmp_path)] if command == "distill" else [str(tmp_path)]
    assert main([command, *target, "--dataset", "digits"]) == 130
    assert ("goes on from here" in capsys.readouterr().err) == resumes
