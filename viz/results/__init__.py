"""Results that ship: the studies, the papers' tables and the gallery."""

from .papers import papers_tables
from .pieces import PIECES, Claim, Piece, gallery, holds, study_of_piece
from .study import joined_studies, kind_of, link_of, shown_value, studies_of, title_of

__all__ = [
    "PIECES",
    "Claim",
    "Piece",
    "gallery",
    "holds",
    "joined_studies",
    "kind_of",
    "link_of",
    "papers_tables",
    "shown_value",
    "studies_of",
    "study_of_piece",
    "title_of",
]
