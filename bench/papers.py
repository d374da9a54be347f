"""The page of the papers' tables, made of their data.

python -m bench.papers > docs/papers-tables.md
"""

from distiller.evaluation.published import PublishedTable, tables_of

__all__ = ["page"]

HEAD = """# The papers' tables

These are accuracies that papers print, in percent, of their own images. None was measured here, and
none belongs into one table with ours: most are the best test of a training, and two papers can
print numbers for the same method that lie several points apart. So compare numbers of one table
alone, and run the baselines again for your own.

They are data: `assets/papers/accuracies.tsv`. After an evaluation with the protocol `hard` or
`soft`, `evaluate` prints those of the same classes, net and number of images below its own. The
page shows them below its own studies of the same classes, closed until they are opened. This page
is written by `python -m bench.papers`.
"""
TITLES = {
    "imagenette": "Imagenette", "imagewoof": "ImageWoof", "imageidc": "ImageIDC",
    "imagenet-100": "ImageNet-100", "imagenet-1k": "ImageNet-1K",
}  # fmt: skip


def page() -> str:
    """The page, in Markdown."""
    parts = [HEAD]
    for dataset, title in TITLES.items():
        found = tables_of(dataset)
        parts.append(f"## {title}, {found[0].labels} labels\n")
        parts += [f"{table.about}; read {table.read}:\n\n{_written(table)}" for table in found]
    return "\n".join(parts)


def _written(table: PublishedTable) -> str:
    """A row for each net and number of images, a column for each method."""
    lines = ["| net | images per class | " + " | ".join(table.methods) + " |"]
    lines.append("|---" * (2 + len(table.methods)) + "|")
    for net, ipc in table.rows:
        own = [str(table.cells.get((net, ipc, method), "")) for method in table.methods]
        lines.append(f"| {net} | {'all' if ipc is None else ipc} | {' | '.join(own)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(page(), end="")
