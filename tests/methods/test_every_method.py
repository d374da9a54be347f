"""One conformance suite for every method found, and the mathematics of each."""

import dataclasses
import math
from typing import Any, get_args

import numpy as np
import pytest
import torch

from distiller.data.dataset import Dataset, Split
from distiller.diffusion.prior import Prior
from distiller.diffusion.sampler import SAMPLERS, ddim
from distiller.errors import Refused
from distiller.event import Event
from distiller.image import to_tensor
from distiller.methods import (
    METHODS,
    excluded,
    make_methods,
    method_table,
    needed_steps,
    paper_options,
)
from distiller.methods.dap import DAP, _to_each, _to_the_mean
from distiller.methods.diversity import Diversity, repulsion
from distiller.recipes.loop import Settings, distill, draw, fit, seeded_noise
from distiller.recipes.recipe import Group, Method, Place, Recipe, combine, live_knobs, with_dials
from distiller.scores.kernel import FEATURE_MAPS, KERNELS, kernel_distance, make_kernel
from tests.priors import gaussian_prior, tiny_world

MEANS = torch.tensor([[1.2, -0.6, 0.5], [0.5, 1.4, -1.0], [-1.2, 0.0, 1.0]]).reshape(3, 3, 1, 1)
PRIOR = gaussian_prior(MEANS, scale=0.4)


def make_data(per_class: int = 40) -> Dataset:
    """Real images (n, 1, 1, 3) around each class's mean, as 8-bit pixels."""
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(3), per_class)
    values = MEANS.flatten(1).numpy()[labels] / 2 + rng.normal(0, 0.1, (len(labels), 3))
    pixels = np.clip(np.rint((values + 1) * 127.5), 0, 255).astype(np.uint8)[:, None, None]
    split = Split(pixels, labels)
    return Dataset("dots", ("0", "1", "2"), split, split)


DATA = make_data()
SETTINGS = Settings(ipc=4, steps=6, seed=1)


QUICK = {"minimax": {"minimax.steps": 3, "minimax.images": 8, "minimax.batch": 4}}
"""Options for methods that would otherwise take long, and need a transformer."""


@pytest.fixture(autouse=True)
def _short_training(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("distiller.recipes.surrogate.STEPS", 20)


def world(name: str) -> tuple[Prior, Dataset]:
    """A prior and data that a method can work with."""
    return tiny_world() if QUICK.keys() & set(name.split("+")) else (PRIOR, DATA)


def run(name: str, settings: Settings = SETTINGS, labels: Any = None) -> Any:
    events = []
    options = QUICK.get(name.split("+")[0])
    generator = distill(make_methods(name, options), *world(name), settings, labels)
    try:
        while True:
            events.append(next(generator))
    except StopIteration as stop:
        return stop.value, events


def returned(generator: Any) -> Any:
    try:
        while True:
            next(generator)
    except StopIteration as stop:
        return stop.value


@pytest.fixture(params=sorted(METHODS))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


# ------------------------------------------------------------------------------- conformance


def test_is_a_frozen_dataclass_with_documented_defaults(name: str) -> None:
    cls = METHODS[name]
    assert cls.__doc__
    assert cls.title
    method = cls()
    for f in dataclasses.fields(method):
        assert f.metadata["about"], f.name
        assert f.default is not dataclasses.MISSING
        if isinstance(f.default, (int, float)) and not isinstance(f.default, bool):
            assert math.isfinite(f.metadata["low"])
            assert math.isfinite(f.metadata["high"])
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(method, f.name, f.default)


def test_is_serialisable(name: str) -> None:
    import json

    assert json.loads(json.dumps(method_table()))[name]["title"] == METHODS[name].title


def test_distils_the_images_that_were_asked_for(name: str) -> None:
    distilled, _ = run(name)
    prior, data = world(name)
    assert distilled.images.shape == (12, data.size, data.size, 3)
    assert distilled.images.dtype == np.uint8
    assert distilled.latents.shape == (12, *prior.latent_shape)
    assert distilled.labels.tolist() == [0] * 4 + [1] * 4 + [2] * 4
    assert torch.isfinite(distilled.latents).all()
    assert ((distilled.sources >= 0) == (name == "random")).all()


def began(name: str, monkeypatch: pytest.MonkeyPatch, **options: Any) -> torch.Tensor:
    """The latents (n, ...) that the sampler of a method's first class is given; none of real."""
    given = []

    def sampler(denoiser: Any, x: torch.Tensor, times: Any, schedule: Any, noise: Any) -> Any:
        given.append(x)
        return ddim(denoiser, x, times, schedule, noise)

    monkeypatch.setitem(SAMPLERS, "watched", sampler)
    prior, data = world(name)
    methods = make_methods(name, {**QUICK.get(name, {}), **options})
    recipe = returned(fit(methods, prior, data, [0]))
    settings = dataclasses.replace(SETTINGS, sampler="watched")
    returned(draw(recipe, prior, data, 0, settings))
    return given[0] if given else torch.empty(0)


def test_begins_from_what_it_says(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A column of a comparison is one noise for all methods that say so."""
    x, n = began(name, monkeypatch), SETTINGS.ipc
    begins = METHODS[name]().begins
    noise = seeded_noise(world(name)[0].latent_shape, SETTINGS.seed, 0, max(len(x), n))
    assert begins in ("noise", "pool", "real")
    if begins == "real":
        assert not len(x)
    elif begins == "pool":
        assert len(x) > n
        assert torch.equal(x, noise)
    elif name == "d3hr":  # its moments are those of the class: each row is still most like its own
        like = torch.cdist(_standard(x), _standard(noise)).argmin(1)
        assert like.tolist() == list(range(n))
    else:
        assert torch.equal(x, noise)


def _standard(z: torch.Tensor) -> torch.Tensor:
    """Rows (n, d) with mean 0 and deviation 1 in each dimension over the rows."""
    z = z.flatten(1)
    return (z - z.mean(0)) / z.std(0)


def test_what_a_method_begins_from_follows_its_hyperparameters() -> None:
    for name in ("herding", "k-center", "greedy", "kernel-thinning"):
        assert make_methods(name, {f"{name}.pool": 1})[name].begins == "real"
        assert make_methods(name, {f"{name}.pool": 2})[name].begins == "pool"
    assert make_methods("cao2", {"cao2.pool": 1})["cao2"].begins == "pool"  # in another order
    assert make_methods("d3hr", {"d3hr.selection": "best"})["d3hr"].begins == "group"


def test_fills_the_place_that_it_says(name: str) -> None:
    recipe = returned(fit(make_methods(name, QUICK.get(name)), *world(name), [0]))
    filled = [place for place in get_args(Place) if getattr(recipe, place) is not None]
    assert filled == [place for place in [METHODS[name].place] if place]


def test_what_it_excludes_is_refused_beside_it_and_nothing_else_is(name: str) -> None:
    places = {other: METHODS[other].place for other in METHODS}
    for other in set(METHODS) - {name}:
        both = {
            each: Recipe(**({places[each]: lambda *_: ()} if places[each] else {}))
            for each in (name, other)
        }
        if other in excluded(name):
            assert name in excluded(other)
            with pytest.raises(Refused):
                combine(both)
        else:
            combine(both)


def test_belongs_to_a_group_that_its_own_file_names(name: str) -> None:
    assert vars(METHODS[name])["group"] in get_args(Group)
    assert METHODS[name].__doc__


def test_streams_events_and_stops_at_once(name: str) -> None:
    _, events = run(name)
    assert all(isinstance(event, Event) for event in events)
    assert all(0 <= event.i < event.n for event in events)
    generator = distill(make_methods(name, QUICK.get(name)), *world(name), SETTINGS)
    for event in generator:
        if event.stage == "sample" and event.i == 1:
            break
    generator.close()
    assert list(generator) == []
    assert torch.is_grad_enabled()


def test_is_deterministic_in_its_seed(name: str) -> None:
    first, again = run(name)[0], run(name)[0]
    np.testing.assert_array_equal(first.images, again.images)
    torch.testing.assert_close(first.latents, again.latents, rtol=0, atol=0)
    other, _ = run(name, settings=dataclasses.replace(SETTINGS, seed=2))
    assert (other.images != first.images).any()


def test_a_class_does_not_depend_on_which_others_are_distilled(name: str) -> None:
    everything, _ = run(name)
    alone, _ = run(name, labels=[2])
    torch.testing.assert_close(alone.latents, everything.latents[8:], rtol=0, atol=0)


def test_refuses_hyperparameters_out_of_range_in_words(name: str) -> None:
    for f in dataclasses.fields(METHODS[name]()):
        if isinstance(f.default, str):
            bad: Any = "nonsense"
        elif isinstance(f.default, bool):
            bad = "maybe"
        else:
            bad = f.metadata["high"] + 1
            with pytest.raises(Refused, match=f.name):
                make_methods(name, {f.name: math.nan})
            with pytest.raises(Refused, match=f.name):
                make_methods(name, {f.name: "many"})
        with pytest.raises(Refused, match=f.name):
            make_methods(name, {f.name: bad})
        method = dataclasses.replace(METHODS[name](), **{f.name: bad})
        with pytest.raises(Refused, match=f.name):
            list(fit({name: method}, *world(name), [0]))


def test_composes_with_diversity_or_says_why_not(name: str) -> None:
    if name == "diversity":
        with pytest.raises(Refused, match="occurs twice"):
            make_methods("diversity+diversity")
    elif name == "random":
        with pytest.raises(Refused, match="random takes real images"):
            run("random+diversity")
    else:
        both, _ = run(f"{name}+diversity")
        assert torch.isfinite(both.latents).all()
        assert (both.latents != run(name)[0].latents).any()


# ------------------------------------------------------------------------------- composition


def test_two_methods_in_one_place_are_refused_by_name() -> None:
    def init(label: int, n: int, seed: int) -> Any:
        return torch.zeros(n, 3, 1, 1), 500

    with pytest.raises(Refused, match="d3hr and other both choose the initial latents"):
        combine({"d3hr": Recipe(init=init), "other": Recipe(init=init)})


def test_recipes_add_their_guidance_and_take_the_larger_pool() -> None:
    def make(label: int) -> Any:
        raise NotImplementedError

    both = combine({"a": Recipe(guidance=(make,), pool=3), "b": Recipe(guidance=(make,), pool=2)})
    assert len(both.guidance) == 2
    assert both.pool == 3


def test_class_guidance_of_some_channels_leaves_the_others() -> None:
    prior, data = tiny_world()
    settings = Settings(ipc=2, steps=1, cfg_scale=4.0)
    some = dataclasses.replace(settings, cfg_channels=3)
    plain = dataclasses.replace(settings, cfg_scale=1.0)
    all4, three, none = (
        returned(distill(make_methods("dit"), prior, data, s, [0])).latents
        for s in (settings, some, plain)
    )
    torch.testing.assert_close(three[:, :3], all4[:, :3])
    torch.testing.assert_close(three[:, 3], none[:, 3])
    assert (all4[:, 3] != none[:, 3]).any()
    with pytest.raises(Refused, match="at most 4, the channels"):
        returned(
            distill(make_methods("dit"), prior, data, dataclasses.replace(some, cfg_channels=5))
        )


def test_init_select_and_pool_are_honoured() -> None:
    started = []

    def init(label: int, n: int, seed: int) -> Any:
        started.append(n)
        return seeded_noise((3, 1, 1), seed, label, n), 400

    def select(label: int, latents: torch.Tensor, n: int) -> list[int]:
        return list(range(len(latents) - 1, len(latents) - 1 - n, -1))

    recipe = Recipe(init=init, select=select, pool=3)
    events = list(draw(recipe, PRIOR, DATA, 0, SETTINGS))
    assert started == [12]
    assert len(events) == 6
    assert events[0].x0 is not None
    assert len(events[0].x0) == 12


def test_some_methods_need_more_steps() -> None:
    needs = METHODS["igd"].fewest_steps
    assert needed_steps("dit", 8) == needed_steps("nothing", 8) == 8
    assert needed_steps("igd", 8) == needed_steps("dap + igd", 8) == needs > 8
    assert needed_steps("igd", 50) == 50


def test_options_find_their_method() -> None:
    methods = make_methods("dap+diversity", {"gamma": "2.5", "diversity.t_low": 7})
    assert methods["dap"].gamma == 2.5  # type: ignore[attr-defined]
    assert methods["diversity"].t_low == 7  # type: ignore[attr-defined]
    with pytest.raises(Refused, match=r"ambiguous; say dap\.t_low or diversity\.t_low"):
        make_methods("dap+diversity", {"t_low": 3})
    with pytest.raises(Refused, match=r"no option 'beta'.*dap.gamma"):
        make_methods("dap", {"beta": 1})
    with pytest.raises(Refused, match="no method 'dam'"):
        make_methods("dam")
    assert make_methods("dap", {"kernel": "rbf"})["dap"].kernel == "rbf"  # type: ignore[attr-defined]


def test_noise_of_a_sample_depends_on_nothing_else() -> None:
    many = seeded_noise((3, 1, 1), seed=5, label=2, n=7)
    few = seeded_noise((3, 1, 1), seed=5, label=2, n=3)
    torch.testing.assert_close(many[:3], few, rtol=0, atol=0)
    assert (seeded_noise((3, 1, 1), 5, 1, 3) != few).all()
    assert (seeded_noise((3, 1, 1), 5, 2, 3, step=0) != few).all()
    assert abs(float(seeded_noise((4, 16, 16), 0, 0, 20).std()) - 1) < 0.02


# ------------------------------------------------------------------- random, dap, diversity


def test_random_draws_without_replacement_from_the_class() -> None:
    distilled, _ = run("random", settings=Settings(ipc=40, seed=3))
    assert len(set(distilled.sources.tolist())) == 120
    np.testing.assert_array_equal(DATA.train.labels[distilled.sources], distilled.labels)
    np.testing.assert_array_equal(DATA.train.images[distilled.sources], distilled.images)
    with pytest.raises(Refused, match="has 40 training images; 41"):
        run("random", settings=Settings(ipc=41))


def real_latents(label: int) -> torch.Tensor:
    return to_tensor(DATA.train.images[DATA.train.of(label)]).flatten(1)


@pytest.mark.parametrize("kernel", sorted(KERNELS))
def test_dap_pulls_samples_toward_the_real_class(kernel: str) -> None:
    """The prior's means lie outside of the real images: guidance brings samples nearer to them."""
    settings = Settings(ipc=6, steps=25)
    plain, _ = run("dit", settings=settings)
    methods = make_methods("dap", {"gamma": 1.0, "kernel": kernel, "t_low": 0})
    guided = returned(distill(methods, PRIOR, DATA, settings))
    for label in range(3):
        real = real_latents(label)
        metric = make_kernel(kernel, real)
        before, after = (
            float(kernel_distance(metric, d.latents[d.labels == label].flatten(1), real).mean())
            for d in (plain, guided)
        )
        assert after < before, label


def test_dap_of_strength_zero_is_the_baseline() -> None:
    distilled, _ = run("dit")
    zero = returned(distill(make_methods("dap", {"gamma": 0}), PRIOR, DATA, SETTINGS))
    torch.testing.assert_close(zero.latents, distilled.latents, rtol=0, atol=0)


@pytest.mark.parametrize("squared", [False, True])
def test_dap_gradient_is_that_of_its_energy(squared: bool) -> None:
    """With the identity as features and a linear kernel the field has a closed form."""
    data, t = DATA, 300
    recipe = returned(DAP(references=8, squared=squared).fit(PRIOR, data, [0]))
    guidance = recipe.guidance[0](0)
    x = torch.randn(2, 3, 1, 1, generator=torch.Generator().manual_seed(0))
    rows = np.sort(np.random.default_rng([0, 0]).permutation(data.train.of(0))[:8])
    real = to_tensor(data.train.images[rows])
    alpha, sigma = PRIOR.schedule(t, like=x)
    noised = (alpha * real + sigma * seeded_noise((3, 1, 1), 0, 0, 8)).flatten(1)
    apart = x.flatten(1)[:, None] - noised[None]
    if squared:
        gradient = apart.mean(1) / (torch.cdist(noised, noised).square().sum() / (8 * 7))
    else:
        unit = torch.cdist(noised, noised).sum() / (8 * 7)
        gradient = (apart / apart.norm(dim=2, keepdim=True)).mean(1) / unit
    expected = -3 * alpha * gradient.reshape(x.shape)
    torch.testing.assert_close(guidance.field(x, t, x), expected, atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize("kernel", ["linear", "cosine"])
def test_squared_distances_to_the_mean_feature_are_those_to_every_reference(kernel: str) -> None:
    phi = torch.randn(30, 7, generator=torch.Generator().manual_seed(0)) + 1
    x = torch.randn(5, 7, generator=torch.Generator().manual_seed(1))
    each = _to_each(phi, kernel, squared=True)(x)
    mean = _to_the_mean(phi.split(8), FEATURE_MAPS[kernel])(x)
    torch.testing.assert_close(mean, each, rtol=1e-4, atol=1e-5)


def test_dap_refuses_a_block_that_is_not_there() -> None:
    with pytest.raises(Refused, match="below 4, the number of blocks"):
        run_option("dap", block=4)


def run_option(name: str, **options: Any) -> Any:
    return list(fit(make_methods(name, options), PRIOR, DATA, [0]))


def test_diversity_pushes_a_batch_apart_and_leaves_one_image_alone() -> None:
    settings = Settings(ipc=6, steps=25)
    plain, pushed = run("dit", settings=settings)[0], run("diversity", settings=settings)[0]
    for label in range(3):
        rows = plain.labels == label
        before, after = (torch.pdist(d.latents[rows].flatten(1)).mean() for d in (plain, pushed))
        assert after > before
    one = Settings(ipc=1, steps=5)
    alone, base = (run(name, settings=one)[0].latents for name in ("diversity", "dit"))
    torch.testing.assert_close(alone, base)


def test_repulsion_has_the_gradient_of_its_formula() -> None:
    x = torch.randn(5, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    x.requires_grad_()
    gradient = torch.autograd.grad(repulsion(x), x)[0]
    h2 = float(torch.pdist(x.detach()).median()) ** 2
    k = torch.exp(-torch.cdist(x, x).square() / h2) * (1 - torch.eye(5, dtype=torch.float64))
    energy = x.shape[1] / 2 * (k.sum(1) / 4).log().sum()
    torch.testing.assert_close(gradient, torch.autograd.grad(energy, x)[0], rtol=1e-4, atol=1e-6)
    nearest = torch.cdist(x, x).fill_diagonal_(math.inf).argmin(1)
    downhill = (-gradient * (x - x[nearest])).sum(1)
    assert (downhill > 0).float().mean() > 0.5  # most move away from their nearest


@pytest.mark.parametrize("name", METHODS)
def test_a_method_says_what_the_rest_may_ask_of_it(name: str) -> None:
    method = METHODS[name]()
    assert isinstance(method, Method)
    own = {f.name: getattr(method, f.name) for f in dataclasses.fields(method)}
    assert method.pool == own.get("pool", 1) >= 1
    assert set(method.paper) <= set(own)
    assert method.guarantee() is None or name == "dp-merf"
    with pytest.raises(dataclasses.FrozenInstanceError):
        method.pool = 2  # type: ignore[misc]


def test_live_hyperparameters_read_their_dials_and_others_stay() -> None:
    assert list(live_knobs({"dap": DAP})) == ["dap.gamma"]
    dials = {"dap.gamma": 2.0, "dap.block": 9.0}
    turned = with_dials({"dap": DAP(gamma=0.5), "diversity": Diversity()}, dials)
    gamma, strength = turned["dap"].gamma, turned["diversity"].strength  # type: ignore[attr-defined]
    assert (gamma(), strength()) == (2.0, Diversity().strength)
    dials["dap.gamma"] = 3.0
    assert gamma() == 3.0
    assert dataclasses.replace(turned["dap"], gamma=0.5) == DAP(gamma=0.5)


def test_a_dial_acts_from_the_next_step_on() -> None:
    dial = {"value": 0.0}
    settings = Settings(ipc=4, steps=20)
    method = Diversity(strength=lambda: dial["value"])
    generator = distill({"diversity": method}, PRIOR, DATA, settings, [0])
    plain = [event.x0 for event in distill(make_methods("dit"), PRIOR, DATA, settings, [0])]
    for i, event in enumerate(generator):
        same = bool(torch.equal(event.x0, plain[i]))  # type: ignore[arg-type]
        assert same == (i <= 9)
        if i == 9:
            dial["value"] = 1.0


@pytest.mark.parametrize("name", [n for n, m in METHODS.items() if m.paper])
def test_the_papers_options_are_valid_and_differ_from_the_defaults(name: str) -> None:
    options = paper_options(name)
    made = dataclasses.asdict(make_methods(name, options)[name])
    usual = dataclasses.asdict(METHODS[name]())
    changed = {f"{name}.{key}": value for key, value in made.items() if value != usual[key]}
    assert changed == options


def test_the_papers_options_are_those_that_the_papers_print() -> None:
    assert paper_options("dit") == {}
    # D3HR (Zhao et al., 2025): 31 of 50 steps back, a million groups, every image.
    assert paper_options("d3hr") == {
        "d3hr.time": 601, "d3hr.start": 601, "d3hr.inversion_steps": 31, "d3hr.images": 100_000,
        "d3hr.selection": "best", "d3hr.candidates": 1_000_000, "d3hr.drawn": "device",
    }  # fmt: skip
    # Minimax (Gu et al., 2024), as its released script sets them.
    shown = paper_options("minimax+dit")
    assert [shown[f"minimax.{key}"] for key in ("steps", "batch")] == [12_000, 8]
    weights = [shown[f"minimax.{key}"] for key in ("representativeness", "diversity")]
    assert weights == [0.002, 0.008]
    assert method_table()["dit"]["paper"] == {}
    assert method_table()["d3hr"]["paper"]["candidates"] == 1_000_000
