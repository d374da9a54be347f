"""What the page is sent: the values of its parts, as its scripts take them.

This is the one contract between Python and the page. Where a value is made, mypy holds it to its
type here; the scripts are held to `assets/page/payloads.d.ts`, which `viz.declarations` writes
from this package, and a test compares the two. Text of numbers ("base64") is that of the
little-endian bytes of an array.
"""

from .compare import Apart, Done, Ingredient, Knob, Lane, Lineup, Menu, Offered, Told, Waiting
from .gallery import GalleryPiece
from .guess import (
    GuessAnswer,
    GuessExamples,
    GuessFound,
    GuessQuestion,
    GuessScore,
    GuessSheet,
    GuessSide,
    GuessWait,
)
from .map import Field, Film, Places, Standing, View, Witness
from .page import (
    Chart,
    Classes,
    Curve,
    Device,
    Discrepancies,
    Evaluation,
    EvaluationState,
    Full,
    Kernel,
    Lanes,
    Line,
    MethodGroup,
    MethodGroups,
    MethodWords,
    Nearest,
    Notice,
    Race,
    RaceState,
    Row,
    Run,
    Score,
    Step,
    Table,
    TierWords,
    Training,
    TrainingExample,
    TrainingState,
    Usual,
)
from .papers import PapersLine, PapersTable
from .study import Grade, Studies, Study, StudyAxis, StudyLine, StudyValue
from .sweep import Sweep, SweepAxis, Swept, SweptAxis, SweptCell, SweptExample, SweptScore
from .taken import Parcel, Refusal, Texts
from .tour import Tour, TourCounts, TourFacts, TourStudy
from .whole import Cell, Mean, Means, Measure, Whole, WholeLane
from .words import Word

__all__ = [
    "Apart", "Cell", "Chart", "Classes", "Curve", "Device", "Discrepancies", "Done", "Evaluation",
    "EvaluationState", "Field", "Film", "Full", "GalleryPiece", "Grade", "GuessAnswer",
    "GuessExamples", "GuessFound", "GuessQuestion", "GuessScore", "GuessSheet", "GuessSide",
    "GuessWait", "Ingredient", "Kernel", "Knob", "Lane", "Lanes", "Line", "Lineup", "Mean", "Means",
    "Measure", "Menu", "MethodGroup", "MethodGroups", "MethodWords", "Nearest", "Notice", "Offered",
    "PapersLine", "PapersTable", "Parcel", "Places", "Race", "RaceState", "Refusal", "Row", "Run",
    "Score", "Standing", "Step", "Studies", "Study", "StudyAxis", "StudyLine", "StudyValue",
    "Sweep", "SweepAxis", "Swept", "SweptAxis", "SweptCell", "SweptExample", "SweptScore", "Table",
    "Texts", "TierWords", "Told", "Tour", "TourCounts", "TourFacts", "TourStudy", "Training",
    "TrainingExample", "TrainingState", "Usual", "View", "Waiting", "Whole", "WholeLane", "Witness",
    "Word",
]  # fmt: skip
