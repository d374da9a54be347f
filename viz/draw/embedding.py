"""Maps: where the real images of a data set lie in the plane.

They are fitted once and shipped (see `viz.shipped`). New points are placed by `Reference.place`,
so the page never imports umap. A data set of one's own begins with PCA alone;

    python -m viz.draw.embedding runs/cats

adds the other maps to its reference.
"""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from distiller.errors import Refused
from distiller.scores.reference import Reference, load_reference, save_reference

__all__ = ["add_umap", "fit_umap", "main", "trust"]

NEIGHBOURS = 15
COMPONENTS = 64


def fit_umap(z: NDArray[np.float32], seed: int = 0) -> NDArray[np.float32]:
    """UMAP of points (n, k) on their first 64 components, centred, of unit deviation: (n, 2)."""
    from umap import UMAP

    if len(z) <= 2 * NEIGHBOURS:  # too few to have a neighbourhood: their PCA is their map
        plane: NDArray[np.float32] = z[:, :2] / max(float(z[:, :2].std()), 1e-9)
        return plane.astype(np.float32)
    mapper = UMAP(n_neighbors=NEIGHBOURS, min_dist=0.3, random_state=seed)
    fitted: NDArray[np.float32] = mapper.fit_transform(z[:, :COMPONENTS])
    fitted = (fitted - fitted.mean(0)) / fitted.std()
    return fitted.astype(np.float32)


def trust(z: NDArray[np.float32], places: NDArray[np.float32], sample: int = 2000) -> float:
    """Trustworthiness of a map, 0 ... 1: how many neighbours on it are neighbours (Venna 2001)."""
    from sklearn.manifold import trustworthiness

    rows = np.random.default_rng(0).permutation(len(z))[:sample]
    k = min(NEIGHBOURS, (len(rows) - 1) // 2)
    return float(trustworthiness(z[rows], places[rows], n_neighbors=k))


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


def main() -> int:
    """Adds the UMAP maps to the reference in a folder of one's own."""
    path = Path(sys.argv[1] if len(sys.argv) == 2 else "") / "reference.npz"
    try:
        reference = add_umap(load_reference(str(path)))
    except Refused as refused:
        print(f"viz.draw.embedding: {refused}", file=sys.stderr)
        return 2
    save_reference(reference, path)
    for view, value in reference.trust.items():
        print(f"{view}: trustworthiness {value:.4f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
