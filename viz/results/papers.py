"""The papers' tables of a data set's classes, as the page shows them: apart from what is ours."""

from distiller.data.class_list import class_list
from distiller.data.dataset import Source
from distiller.evaluation.published import PublishedTable, published, tables_of

from .. import payloads

__all__ = ["papers_tables"]


def papers_tables(source: Source) -> list[payloads.PapersTable]:
    """What papers print of the classes of a data set, which are known by their WordNet IDs."""
    named = dict.fromkeys(p.dataset for p in published())
    same = [name for name in named if source.wnids and class_list(name).wnids == source.wnids]
    return [_shown(table) for name in same for table in tables_of(name)]


def _shown(table: PublishedTable) -> payloads.PapersTable:
    return {
        "caption": f"{table.about} · {table.labels} labels · read {table.read}",
        "methods": table.methods,
        "rows": [
            {
                "net": net,
                "images": "all" if ipc is None else f"{ipc}",
                "cells": [str(table.cells.get((net, ipc, m), "")) for m in table.methods],
            }
            for net, ipc in table.rows
        ],
    }
