"""How long new points take to be placed on a map, and how well, beside `umap.transform`.

    python -m bench.placing [--dataset solids] [--points 20000] [--new 10]

Both sides place the same held-out images on the same map, fitted here, in one process. Recall
is the share of a new point's 15 nearest real images that are among its 15 nearest on the map.
Points are latents where the data set has a prior, else principal components of the pixels.
"""

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from distiller import load, load_prior
from distiller.data.models import has_models
from distiller.image import to_tensor
from distiller.scores.kernel import distance
from distiller.scores.reference import Reference, load_reference

COMPONENTS, K = 64, 15


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", default="solids")
    parser.add_argument("--points", type=int, default=20_000, help="real ones, at most")
    parser.add_argument("--held-out", type=int, default=500, help="new ones, for recall")
    parser.add_argument("--new", type=int, default=10, help="new ones, for time")
    given = parser.parse_args()
    z, new, labels = points_of(given.dataset, given.points, given.held_out)
    print(f"{given.dataset}: {len(z):,} real points of {z.shape[1]} components, "
          f"{torch.get_num_threads()} threads")  # fmt: skip
    from umap import UMAP

    threads = torch.get_num_threads()
    mapper = UMAP(n_neighbors=K, min_dist=0.3, random_state=0)
    began = time.perf_counter()
    places = mapper.fit_transform(z.numpy())
    print(f"fitted by umap in {time.perf_counter() - began:.1f} s (compilation included)")
    torch.set_num_threads(threads)  # numba sets OpenMP's own, for which torch would wait
    maps = {"umap": places.astype(np.float32), "class": places.astype(np.float32)}
    reference = Reference(
        torch.zeros(COMPONENTS),
        torch.eye(COMPONENTS),
        1.0,
        z,
        z,
        labels,
        None,
        maps,
        np.arange(len(z)),
    )
    few = new[: given.new]
    sides: dict[str, Callable[[torch.Tensor], Any]] = {
        "umap.transform": lambda x: mapper.transform(x.numpy()),
        "Reference.place": lambda x: reference.place(x, "umap", 0),
        "the same, of a class": lambda x: reference.place(x, "class", 0),
    }
    first = {name: seconds(side, few) for name, side in sides.items()}
    best = dict.fromkeys(sides, float("inf"))
    for _ in range(20):
        for name, side in sides.items():
            best[name] = min(best[name], seconds(side, few))
    truth = nearest(new, z)
    for name, side in sides.items():
        score = "" if "class" in name else f"recall {recall(side(new), places, truth):.4f}"
        print(f"{name:22} {given.new} points: first {1e3 * first[name]:8.1f} ms, "
              f"best {1e3 * best[name]:6.2f} ms   {score}")  # fmt: skip
    ours, theirs = "Reference.place", "umap.transform"
    kept = recall(sides[ours](new), places, truth) / recall(sides[theirs](new), places, truth)
    print(f"ours to theirs: recall {kept:.3f}, time {best[ours] / best[theirs]:.3f}")


def points_of(
    name: str, most: int, held_out: int
) -> tuple[torch.Tensor, torch.Tensor, NDArray[np.int64]]:
    """Real points (n, 64), new ones (m, 64) from the test split, and the labels of the real."""
    data = load(name)
    rng = np.random.default_rng(0)
    rows = np.sort(rng.permutation(len(data.test.labels))[:held_out])
    fresh = to_tensor(data.test.images[rows])
    if has_models(name):
        reference, prior = load_reference(name), load_prior(name)
        new = reference.project(prior.encode(fresh))[:, :COMPONENTS]
        return reference.z[:most, :COMPONENTS].contiguous(), new, reference.labels[:most]
    kept = np.sort(rng.permutation(len(data.train.labels))[:most])
    x = to_tensor(data.train.images[kept]).flatten(1)
    mean = x.mean(0)
    _, _, basis = torch.pca_lowrank(x - mean, COMPONENTS, center=False)
    return (x - mean) @ basis, (fresh.flatten(1) - mean) @ basis, data.train.labels[kept]


def seconds(side: Callable[[torch.Tensor], Any], x: torch.Tensor) -> float:
    began = time.perf_counter()
    side(x)
    return time.perf_counter() - began


def nearest(x: torch.Tensor, y: torch.Tensor) -> NDArray[np.int64]:
    return distance(x, y).topk(K, largest=False).indices.numpy()


def recall(placed: NDArray[np.float32], places: Any, truth: NDArray[np.int64]) -> float:
    found = nearest(torch.from_numpy(np.asarray(placed, np.float32)), torch.from_numpy(places))
    return float(np.mean([len(set(a) & set(b)) / K for a, b in zip(truth, found, strict=True)]))


if __name__ == "__main__":
    main()
