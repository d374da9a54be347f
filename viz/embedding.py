"""Maps: where the real images of a data set lie in the plane.

They are fitted once and shipped (see `viz.shipped`). New points are placed by `Reference.place`,
so the page never imports umap.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from distiller.reference import Reference

__all__ = ["add_umap", "fit_umap", "trust"]

NEIGHBOURS = 15
COMPONENTS = 64


def fit_umap(z: NDArray[np.float32], seed: int = 0) -> NDArray[np.float32]:
    """UMAP of points (n, k) on their first 64 components, centred, of unit deviation: (n, 2)."""
    from umap import UMAP

    mapper = UMAP(n_neighbors=NEIGHBOURS, min_dist=0.3, random_state=seed)
    places: NDArray[np.float32] = mapper.fit_transform(z[:, :COMPONENTS])
    places = (places - places.mean(0)) / places.std()
    return places.astype(np.float32)


def trust(z: NDArray[np.float32], places: NDArray[np.float32], sample: int = 2000) -> float:
    """Trustworthiness of a map, 0 ... 1: how many neighbours on it are neighbours (Venna 2001)."""
    from sklearn.manifold import trustworthiness

    rows = np.random.default_rng(0).permutation(len(z))[:sample]
    return float(trustworthiness(z[rows], places[rows], n_neighbors=NEIGHBOURS))


def add_umap(reference: Reference) -> Reference:
    """The reference with two more maps: "class", each class by itself, and "umap", all of them."""
    z, labels = reference.z.numpy(), reference.labels
    maps = {"class": np.zeros((len(z), 2), np.float32), "umap": fit_umap(z), **reference.maps}
    members = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    for rows in members:
        maps["class"][rows] = fit_umap(z[rows])
    trusted = {name: trust(z, maps[name]) for name in ("umap", "pca")}
    trusted["class"] = float(np.mean([trust(z[rows], maps["class"][rows]) for rows in members]))
    return replace(reference, maps=maps, trust=trusted)
