"""Checkpoints of the original DiT code: the converted network says what the original does."""

import argparse
import json
import math
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import conv2d, embedding, gelu, layer_norm, linear, silu, softmax

from distiller.__main__ import main
from distiller.diffusion.original import _names, convert_prior, read_original
from distiller.diffusion.pipeline import labels_of
from distiller.diffusion.prior import load_prior
from distiller.errors import Refused
from tests.tiny import save_tiny_pipeline

WIDTH, HEADS, DEPTH, CLASSES, SIDE, PATCH = 24, 3, 3, 5, 8, 2
State = dict[str, Tensor]


def random_state(scales: bool = False, channels: int = 4) -> State:
    """Random weights under the names of the original DiT, with learned variance."""
    generator = torch.Generator().manual_seed(int(scales))
    state: State = {}

    def put(name: str, outputs: int, *inputs: int) -> None:
        for leaf, shape in (("weight", (outputs, *inputs)), ("bias", (outputs,))):
            state[f"{name}.{leaf}"] = 0.2 * torch.randn(shape, generator=generator)

    put("x_embedder.proj", WIDTH, channels, PATCH, PATCH)
    put("t_embedder.mlp.0", WIDTH, 256)
    put("t_embedder.mlp.2", WIDTH, WIDTH)
    state["y_embedder.embedding_table.weight"] = torch.randn(
        CLASSES + 1, WIDTH, generator=generator
    )
    state["pos_embed"] = sines_and_cosines()
    for k in range(DEPTH):
        for name, outputs, inputs in (
            ("attn.qkv", 3 * WIDTH, WIDTH), ("attn.proj", WIDTH, WIDTH),
            ("mlp.fc1", 4 * WIDTH, WIDTH), ("mlp.fc2", WIDTH, 4 * WIDTH),
            ("adaLN_modulation.1", 6 * WIDTH, WIDTH),
        ):  # fmt: skip
            put(f"blocks.{k}.{name}", outputs, inputs)
        if scales and k < 2:
            for name, n in (
                ("attn.gamma1", 3 * WIDTH), ("attn.gamma2", WIDTH),
                ("gamma1", WIDTH), ("gamma2", WIDTH),
            ):  # fmt: skip
                state[f"blocks.{k}.{name}"] = 1 + 0.3 * torch.randn(n, generator=generator)
    put("final_layer.adaLN_modulation.1", 2 * WIDTH, WIDTH)
    put("final_layer.linear", PATCH**2 * 2 * channels, WIDTH)
    return state


def sines_and_cosines() -> Tensor:
    """The fixed position embedding, (1, tokens, WIDTH): first of columns, then of rows."""
    n = SIDE // PATCH
    omega = 10000.0 ** -(torch.arange(WIDTH // 4, dtype=torch.float64) / (WIDTH // 4))

    def of(position: Tensor) -> Tensor:
        angle = position.flatten().double()[:, None] * omega
        return torch.cat([angle.sin(), angle.cos()], 1)

    rows, columns = torch.meshgrid(torch.arange(n), torch.arange(n), indexing="ij")
    return torch.cat([of(columns), of(rows)], 1).float()[None]


def original(state: State, x: Tensor, t: Tensor, y: Tensor) -> Tensor:
    """The forward pass of the original, with scales of one where there are none."""

    def through(name: str, h: Tensor) -> Tensor:
        return linear(h, state[f"{name}.weight"], state[f"{name}.bias"])

    def scale(name: str) -> Tensor:
        return state.get(name, torch.ones(1))

    def norm(h: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
        return layer_norm(h, (WIDTH,), eps=1e-6) * (1 + scale[:, None]) + shift[:, None]

    angle = t[:, None] * torch.exp(-math.log(10000) * torch.arange(128) / 128)
    waves = torch.cat([angle.cos(), angle.sin()], 1)
    c = through("t_embedder.mlp.2", silu(through("t_embedder.mlp.0", waves)))
    c = silu(c + embedding(y, state["y_embedder.embedding_table.weight"]))
    weight, bias = state["x_embedder.proj.weight"], state["x_embedder.proj.bias"]
    h = conv2d(x, weight, bias, stride=PATCH).flatten(2).transpose(1, 2) + state["pos_embed"]
    for k in range(DEPTH):
        b = f"blocks.{k}"
        a = through(f"{b}.adaLN_modulation.1", c).chunk(6, 1)
        qkv = scale(f"{b}.attn.gamma1") * through(f"{b}.attn.qkv", norm(h, a[0], a[1]))
        q, key, v = (
            p.unflatten(2, (HEADS, -1)).transpose(1, 2) for p in qkv.chunk(3, 2)
        )  # (n, heads, tokens, width of a head)
        seen = softmax(q @ key.transpose(2, 3) / (WIDTH // HEADS) ** 0.5, 3) @ v
        out = scale(f"{b}.attn.gamma2") * through(f"{b}.attn.proj", seen.transpose(1, 2).flatten(2))
        h = h + scale(f"{b}.gamma1") * a[2][:, None] * out
        inner = gelu(through(f"{b}.mlp.fc1", norm(h, a[3], a[4])), approximate="tanh")
        h = h + scale(f"{b}.gamma2") * a[5][:, None] * through(f"{b}.mlp.fc2", inner)
    h = through(
        "final_layer.linear", norm(h, *through("final_layer.adaLN_modulation.1", c).chunk(2, 1))
    )
    n = SIDE // PATCH
    return (
        h.reshape(len(x), n, n, PATCH, PATCH, -1).permute(0, 5, 1, 3, 2, 4).flatten(4).flatten(2, 3)
    )


@pytest.fixture(scope="module")
def vae(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(save_tiny_pipeline(tmp_path_factory.mktemp("vae") / "tiny"))


def save(content: Any, tmp_path: Path) -> Path:
    path = tmp_path / "checkpoint.pt"
    torch.save(content, path)
    return path


def gap(folder: Path, state: State, t: int) -> float:
    """How far the converted network is from the original, relative to what that says."""
    generator = torch.Generator().manual_seed(t)
    x = torch.randn(3, 4, SIDE, SIDE, generator=generator)
    y = torch.tensor([0, CLASSES - 1, CLASSES])
    network = load_prior(folder, "cpu").predict.transformer  # type: ignore[attr-defined]
    with torch.no_grad():
        ours = network(x, timestep=torch.full((3,), t), class_labels=y).sample
        theirs = original(state, x, torch.full((3,), t), y)
    assert ours.shape == theirs.shape == (3, 8, SIDE, SIDE)
    return float((ours - theirs).norm() / theirs.norm())


@pytest.mark.parametrize("scales", [False, True])
def test_the_converted_network_is_the_original(scales: bool, tmp_path: Path, vae: str) -> None:
    state = random_state(scales)
    file = save(state, tmp_path)
    folder = convert_prior(file, tmp_path / "prior", vae=vae, heads=HEADS)
    for t in (0, 300, 999):
        assert gap(folder, state, t) < 1e-5
    record = json.loads((folder / "transformer/conversion.json").read_text())
    assert record["scales_folded"] == 8 * scales
    assert load_prior(folder, "cpu").null_label == CLASSES


def test_without_its_own_time_embedding_it_would_be_another(tmp_path: Path, vae: str) -> None:
    """What diffusers assumes of times is not what the original was trained with."""
    state = random_state()
    folder = convert_prior(save(state, tmp_path), tmp_path / "prior", vae=vae, heads=HEADS)
    before = load_prior(folder, "cpu").fingerprint()
    record = folder / "transformer/conversion.json"
    record.write_text(json.dumps({"downscale_freq_shift": 1}))
    assert gap(folder, state, 300) > 1e-3
    assert load_prior(folder, "cpu").fingerprint() != before  # so nothing kept is mixed up


def test_of_a_training_the_average_is_taken_where_there_is_one(tmp_path: Path, vae: str) -> None:
    model, ema = random_state(False), random_state(True)
    wrapped = {f"module.{name}": t for name, t in model.items()}
    content = {"model": wrapped, "ema": ema, "opt": {}, "args": argparse.Namespace(nclass=10)}
    file = save(content, tmp_path)
    for average, kind, state in ((True, "ema", ema), (False, "model", model)):
        read, said = read_original(file, average=average)
        assert said == kind
        assert all(torch.equal(read[name], state[name]) for name in state)
    without = save({"model": model}, tmp_path)
    assert read_original(without)[1] == "model"


class Trap:
    """Would be called by whoever reads a pickle carelessly."""

    def __reduce__(self) -> Any:
        return pytest.fail, ("what was in the file has been executed",)


def test_what_is_no_such_checkpoint_is_refused_in_words(tmp_path: Path, vae: str) -> None:
    out = tmp_path / "prior"
    lacking = random_state()
    del lacking["blocks.1.attn.qkv.weight"], lacking["final_layer.linear.bias"]
    trap = tmp_path / "trap.pt"
    trap.write_bytes(pickle.dumps(Trap()))
    other = sines_and_cosines().flip(1)
    cases: list[tuple[Path, str]] = [
        (save(lacking, tmp_path), r"blocks\.1\.attn\.qkv\.weight.*are missing"),
        (trap, "weights alone"),
        (tmp_path / "nowhere.pt", "There is no file"),
    ]
    for file, words in cases:
        with pytest.raises(Refused, match=words):
            convert_prior(file, out, vae=vae, heads=HEADS)
    contents: list[tuple[Any, str]] = [
        ({"conv1.weight": torch.ones(2)}, r"x_embedder.*are missing; it has conv1"),
        ([1, 2], "holds a list"),
        (random_state() | {"lora.a": torch.ones(2)}, "1 weights that neither DiT"),
        (random_state() | {"pos_embed": other}, "another position embedding"),
        (random_state(channels=3), "latents of 3 channels"),
    ]
    for content, words in contents:
        with pytest.raises(Refused, match=words):
            convert_prior(save(content, tmp_path), out, vae=vae, heads=HEADS)
    file = save(random_state(), tmp_path)
    with pytest.raises(Refused, match="say --heads"):
        convert_prior(file, out, vae=vae)
    with pytest.raises(Refused, match="Say --vae"):
        convert_prior(file, out, vae=str(tmp_path / "novae"), heads=HEADS)
    assert not out.exists()
    assert not list(tmp_path.glob("*.partial"))


def test_the_command_converts_and_names_the_classes(
    tmp_path: Path, vae: str, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = tmp_path / "labels.json"
    labels.write_text(json.dumps({str(k): name for k, name in enumerate("abcde")}))
    file, out = save(random_state(), tmp_path), tmp_path / "prior"
    arguments = ["convert-prior", str(file), "--out", str(out), "--vae", vae, "--heads", "3"]
    assert main([*arguments, "--labels", str(labels)]) == 0
    assert f"--prior {out}" in capsys.readouterr().out
    assert load_prior(out, "cpu").label("e") == 4
    assert main(arguments) == 2
    assert "is not empty" in capsys.readouterr().err


def test_a_thousand_classes_are_those_of_imagenet() -> None:
    names = _names(None, 1000)
    assert names is not None
    labels = labels_of(names)
    assert (labels["tench"], labels["parachute"], labels["cassette player"]) == (0, 701, 482)
    assert (labels["crane"], labels["crane (517)"]) == (134, 517)
    assert set(labels.values()) == set(range(1000))
    assert _names(None, 10) is None
