"""Maps: where the real images of a data set lie in the plane. Fitted once, offline.

`python -m viz.embedding --reference assets/references/solids.npz` adds a UMAP of the latents to
a reference. New points are placed by `Reference.place`, so the page never imports umap.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from distiller.reference import Reference, load_reference, save_reference

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
    """The reference with a map called "umap"."""
    z = reference.z.numpy()
    maps = {"umap": fit_umap(z), "pca": reference.maps["pca"]}
    trusted = {name: trust(z, places) for name, places in maps.items()}
    return replace(reference, maps=maps, trust=trusted)


def main() -> None:
    """Adds the map to a reference file and prints how far it can be trusted."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--reference", type=Path, required=True)
    path = parser.parse_args().reference
    reference = add_umap(load_reference(str(path)))
    save_reference(reference, path)
    for name, value in reference.trust.items():
        print(f"{name}: trustworthiness {value:.3f}")


if __name__ == "__main__":
    main()
