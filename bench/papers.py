"""The page of the papers' tables, made of their data.

python -m bench.papers > docs/papers-tables.md
"""

from collections.abc import Sequence

from distiller.evaluation.published import Published, published, sources

__all__ = ["page"]

HEAD = """# The papers' tables

These are accuracies that papers print, in percent, of their own images. None was measured here, and
none belongs into one table with ours: most are the best test of a training, and two papers can
print numbers for the same method that lie several points apart. So compare numbers of one table
alone, and run the baselines again for your own.

They are data: `assets/papers/accuracies.tsv`. After an evaluation with the protocol `hard` or
`soft`, `evaluate` prints those of the same classes, net and number of images below its own. This
page is written by `python -m bench.papers`.
"""
TITLES = {
    "imagenette": "Imagenette", "imagewoof": "ImageWoof", "imageidc": "ImageIDC",
    "imagenet-100": "ImageNet-100", "imagenet-1k": "ImageNet-1K",
}  # fmt: skip


def page() -> str:
    """The page, in Markdown."""
    parts = [HEAD]
    for dataset, title in TITLES.items():
        mine = [p for p in published() if p.dataset == dataset]
        parts.append(f"## {title}, {mine[0].labels} labels\n")
        for source, (about, read) in sources().items():
            if found := [p for p in mine if p.source == source]:
                parts.append(f"{about}; read {read}:\n\n{_table(found)}")
    return "\n".join(parts)


def _table(found: Sequence[Published]) -> str:
    """A row for each net and number of images, a column for each method."""
    methods = list(dict.fromkeys(p.method for p in found))
    nets = list(dict.fromkeys(p.net for p in found))
    rows = sorted({(p.net, p.ipc) for p in found}, key=lambda r: (nets.index(r[0]), r[1] or 1e9))
    cells = {(p.net, p.ipc, p.method): _cell(p) for p in found}
    lines = ["| net | images per class | " + " | ".join(methods) + " |"]
    lines.append("|---" * (2 + len(methods)) + "|")
    for net, ipc in rows:
        own = [cells.get((net, ipc, method), "") for method in methods]
        lines.append(f"| {net} | {'all' if ipc is None else ipc} | {' | '.join(own)} |")
    return "\n".join(lines) + "\n"


def _cell(p: Published) -> str:
    return f"{p.accuracy:.1f}" + ("" if p.spread is None else f" ± {p.spread:.1f}")


if __name__ == "__main__":
    print(page(), end="")
