"""The papers' tables on the page: of the same classes, one source in each, none among ours."""

import pytest

from distiller.data.registry import DATASETS
from distiller.evaluation.published import published, sources
from viz.results.papers import papers_tables
from viz.results.study import studies_of


@pytest.mark.parametrize("dataset", ["imagenette", "imagenette64", "imagewoof", "imagenet-1k"])
def test_a_table_holds_the_numbers_of_one_source_and_all_of_them(dataset: str) -> None:
    known = "imagenette" if dataset.startswith("imagenette") else dataset
    tables = papers_tables(DATASETS[dataset])
    used = [s for s in sources() if any((p.source, p.dataset) == (s, known) for p in published())]
    assert len(tables) == len(used) > 0
    for source, table in zip(used, tables, strict=True):
        mine = {
            (p.net, "all" if p.ipc is None else str(p.ipc), p.method): str(p)
            for p in published()
            if (p.source, p.dataset) == (source, known)
        }
        shown = {
            (row["net"], row["images"], method): cell
            for row in table["rows"]
            for method, cell in zip(table["methods"], row["cells"], strict=True)
            if cell
        }
        assert shown == mine
        assert table["caption"].startswith(sources()[source][0])
        assert f" labels · read {sources()[source][1]}" in table["caption"]


@pytest.mark.parametrize("dataset", ["digits", "solids", "cifar10"])
def test_other_classes_have_none(dataset: str) -> None:
    assert studies_of(dataset)["papers"] == []
