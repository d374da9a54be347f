"""Priors: parity with diffusers at equal noise, and clear words when loading fails."""

import shutil
from pathlib import Path

import pytest
import torch
from torch import Tensor

from distiller.diffusion.prior import Prior, load_prior
from distiller.diffusion.sampler import Denoiser, Estimate, ddim, ddpm, dpmpp
from distiller.errors import Refused
from distiller.machine.device import choose_device, choose_dtype
from tests.tiny import save_tiny_pipeline

STEPS = 10


@pytest.fixture(scope="module", params=["epsilon", "v_prediction"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_pipeline(tmp_path_factory.mktemp("tiny"), prediction_type=request.param)


@pytest.fixture(scope="module")
def prior(folder: Path) -> Prior:
    return load_prior(folder, device="cpu")


def start(n: int = 3) -> Tensor:
    return torch.randn(n, 4, 8, 8, generator=torch.Generator().manual_seed(0))


def times_of(timesteps: Tensor) -> list[int]:
    """Ours from diffusers': their timestep is our time - 1, and they end at clean data."""
    return [int(t) + 1 for t in timesteps] + [0]


def loop(scheduler: object, denoiser: Denoiser, prior: Prior, x: Tensor) -> Tensor:
    """diffusers' scheduler driven by our denoiser: its x_0 turned back into eps or v."""
    for t in scheduler.timesteps:  # type: ignore[attr-defined]
        alpha, sigma = prior.schedule(int(t) + 1, like=x)
        eps = (x - alpha * denoiser(x, int(t) + 1).x0) / sigma
        v = alpha * eps - sigma * (x - sigma * eps) / alpha
        out = v if scheduler.config.prediction_type == "v_prediction" else eps  # type: ignore[attr-defined]
        x = scheduler.step(out, t, x, return_dict=False)[0]  # type: ignore[attr-defined]
    return x


@pytest.mark.parametrize("cfg_scale", [1.0, 4.0])
def test_sampling_equals_the_whole_pipeline(folder: Path, prior: Prior, cfg_scale: float) -> None:
    from diffusers import DiTPipeline

    pipeline = DiTPipeline.from_pretrained(folder, low_cpu_mem_usage=False)
    pipeline.set_progress_bar_config(disable=True)
    labels, generator = [1, 1, 1], torch.Generator().manual_seed(0)
    theirs = pipeline(labels, cfg_scale, generator, STEPS, output_type="pt").images
    pipeline.scheduler.set_timesteps(STEPS)
    times = times_of(pipeline.scheduler.timesteps)
    *_, last = ddim(prior.denoiser(1, cfg_scale), start(), times, prior.schedule)
    ours = (prior.decode(last.x) / 2 + 0.5).clamp(0, 1)
    torch.testing.assert_close(ours, theirs, atol=2e-5, rtol=0)
    assert theirs.std() > 0.01


def test_dpmpp_equals_diffusers(prior: Prior, folder: Path) -> None:
    from diffusers import DPMSolverMultistepScheduler

    scheduler = DPMSolverMultistepScheduler.from_pretrained(folder, subfolder="scheduler")
    scheduler.set_timesteps(STEPS)
    denoiser = prior.denoiser(0, 2.0)
    *_, last = dpmpp(denoiser, start(), times_of(scheduler.timesteps), prior.schedule)
    theirs = loop(scheduler, denoiser, prior, start())
    torch.testing.assert_close(last.x, theirs, atol=5e-4, rtol=1e-4)


@pytest.mark.parametrize("learned", [False, True])
def test_ddpm_equals_diffusers_at_equal_noise(learned: bool, tmp_path: Path) -> None:
    from diffusers import DDPMScheduler

    prior = load_prior(save_tiny_pipeline(tmp_path, learned_variance=learned), device="cpu")
    kind = "learned_range" if learned else "fixed_small"
    scheduler = DDPMScheduler(
        beta_schedule="linear", variance_type=kind, clip_sample=False, timestep_spacing="leading"
    )
    scheduler.set_timesteps(STEPS)
    generator = torch.Generator().manual_seed(7)
    fresh = [torch.randn(3, 4, 8, 8, generator=generator) for _ in range(STEPS)]
    times = times_of(scheduler.timesteps)
    denoiser = prior.denoiser(2, 1.5)
    *_, last = ddpm(denoiser, start(), times, prior.schedule, lambda i: fresh[i])

    x, generator = start(), torch.Generator().manual_seed(7)
    for t in scheduler.timesteps:
        alpha, sigma = prior.schedule(int(t) + 1, like=x)
        x0, spread = denoiser(x, int(t) + 1)
        out = (x - alpha * x0) / sigma
        if spread is not None:
            out = torch.cat([out, 2 * spread - 1], 1)
        x = scheduler.step(out, t, x, generator=generator).prev_sample
    torch.testing.assert_close(last.x, x, atol=2e-4, rtol=2e-4)


def test_ddim_with_eta_equals_diffusers_at_equal_noise(prior: Prior, folder: Path) -> None:
    from diffusers import DDIMScheduler

    scheduler = DDIMScheduler.from_pretrained(folder, subfolder="scheduler")
    scheduler.set_timesteps(STEPS)
    denoiser, times = prior.denoiser(0), times_of(scheduler.timesteps)
    generator = torch.Generator().manual_seed(5)
    fresh = [torch.randn(3, 4, 8, 8, generator=generator) for _ in range(STEPS)]
    *_, last = ddim(denoiser, start(), times, prior.schedule, lambda i: fresh[i], eta=0.7)
    x = start()
    for i, t in enumerate(scheduler.timesteps):
        alpha, sigma = prior.schedule(int(t) + 1, like=x)
        eps = (x - alpha * denoiser(x, int(t) + 1).x0) / sigma
        v = alpha * eps - sigma * (x - sigma * eps) / alpha
        out = v if scheduler.config.prediction_type == "v_prediction" else eps
        x = scheduler.step(out, t, x, eta=0.7, variance_noise=fresh[i]).prev_sample
    torch.testing.assert_close(last.x, x, atol=2e-4, rtol=2e-4)


def test_cfg_may_move_some_channels_only(prior: Prior) -> None:
    from dataclasses import replace

    some = replace(prior, cfg_channels=3)
    x = start()
    plain, all4 = (prior.denoiser(0, scale)(x, 500).x0 for scale in (1, 4))
    three = some.denoiser(0, 4)(x, 500).x0
    torch.testing.assert_close(three[:, :3], all4[:, :3])
    torch.testing.assert_close(three[:, 3], plain[:, 3])


def test_cfg_may_act_in_an_interval_and_costs_one_pass_outside(prior: Prior) -> None:
    from dataclasses import replace

    rows = []

    def predict(x_t: Tensor, t: int, labels: Tensor) -> Estimate:
        rows.append(len(labels))
        return prior.predict(x_t, t, labels)

    x, counted = start(), replace(prior, predict=predict)
    plain, all_times = counted.denoiser(0), counted.denoiser(0, 4)
    some = counted.denoiser(0, 4, (100, 800))
    for t, same in ((100, plain), (101, all_times), (800, all_times), (801, plain)):
        assert torch.equal(some(x, t).x0, same(x, t).x0)
    assert rows == [3, 3, 6, 6, 6, 6, 3, 3]


def test_hidden_ends_in_what_the_network_computes(prior: Prior, folder: Path) -> None:
    """The activations after the last block are the input of the output layer."""
    seen = []
    network = prior.predict.transformer  # type: ignore[attr-defined]
    hook = network.norm_out.register_forward_pre_hook(lambda module, args: seen.append(args[0]))
    x, labels = start(), torch.tensor([0, 1, 2])
    prior.predict(x, 300, labels)
    hook.remove()
    assert prior.hidden is not None
    torch.testing.assert_close(prior.hidden(x, 300, labels, prior.blocks - 1), seen[0])
    assert prior.hidden(x, 300, labels, 0).shape == (3, 16, 16)


def test_encoding_is_the_mode_of_the_posterior_scaled(prior: Prior, folder: Path) -> None:
    from diffusers import AutoencoderKL

    images = torch.rand(2, 3, 16, 16) * 2 - 1
    latents = prior.encode(images)
    assert latents.shape == (2, *prior.latent_shape)
    vae = AutoencoderKL.from_pretrained(folder, subfolder="vae", low_cpu_mem_usage=False)
    torch.testing.assert_close(latents, vae.encode(images).latent_dist.mode() * 0.18215)


def test_labels_come_from_the_card(prior: Prior) -> None:
    assert prior.labels == {"ant": 0, "bee": 1, "cat": 2}
    assert prior.null_label == 1000
    with pytest.raises(Refused, match="ant, bee, cat"):
        prior.label("dog")


def test_fingerprint_follows_the_weights(prior: Prior, folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "copy")
    assert load_prior(copy, device="cpu").fingerprint() == prior.fingerprint()
    weights = next((copy / "vae").glob("*.safetensors"))
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(bytes(data))
    assert load_prior(copy, device="cpu").fingerprint() != prior.fingerprint()


def test_loading_fails_in_words(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="not a DiTPipeline folder"):
        load_prior(tmp_path, device="cpu")
    broken = save_tiny_pipeline(tmp_path / "broken")
    next((broken / "transformer").glob("*.safetensors")).write_bytes(b"nonsense")
    with pytest.raises(Refused, match="not a DiTPipeline folder"):
        load_prior(broken, device="cpu")
    missing = save_tiny_pipeline(tmp_path / "missing")
    shutil.rmtree(missing / "vae")
    with pytest.raises(Refused, match="vae"):
        load_prior(missing, device="cpu")


def test_a_hub_id_without_network_fails_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(Refused, match="could not be fetched from the Hugging Face Hub"):
        load_prior("nobody/no-such-pipeline", device="cpu")


def test_the_network_computes_in_the_precision_that_was_asked_for(
    prior: Prior, folder: Path
) -> None:
    coarse = load_prior(folder, "cpu", "bfloat16")
    assert (prior.dtype, coarse.dtype) == (torch.float32, torch.bfloat16)
    x, labels = start(), torch.tensor([1, 2, 3])
    fine, rough = (p.predict(x, 500, labels).x0 for p in (prior, coarse))
    assert rough.dtype == torch.float32
    assert 0 < (fine - rough).abs().max() < 0.05 * fine.abs().max()
    assert torch.equal(coarse.decode(x), prior.decode(x))  # the autoencoder stays in float32
    with pytest.raises(Refused, match="no dtype 'float8'"):
        load_prior(folder, "cpu", "float8")


def test_a_machine_may_have_a_precision_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    cpu = torch.device("cpu")
    monkeypatch.delenv("DISTILLER_DTYPE", raising=False)
    assert choose_dtype(cpu) == torch.float32
    monkeypatch.setenv("DISTILLER_DTYPE", "bfloat16")
    assert choose_dtype(cpu) == torch.bfloat16
    assert choose_dtype(cpu, "float32") == torch.float32
    monkeypatch.setenv("DISTILLER_DTYPE", "half")
    with pytest.raises(Refused, match="no DISTILLER_DTYPE 'half'"):
        choose_dtype(cpu)


def test_devices_are_chosen_or_refused() -> None:
    assert choose_device("cpu").type == "cpu"
    with pytest.raises(Refused, match="cannot be used here"):
        choose_device("quantum")
    if not torch.cuda.is_available():
        with pytest.raises(Refused, match="cuda"):
            choose_device("cuda")
