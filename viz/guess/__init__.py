"""Guess: questions without their answers, and what is said once the guess has come."""

from .answer import Runs, answer_mix, answer_pair
from .game import GAMES, ask_shipped, asked, examples, found, guessed
from .question import Mix, Pair, draw_mix, draw_pair, methods_of, pair_of, shipped_run, study_of

__all__ = [
    "GAMES",
    "Mix",
    "Pair",
    "Runs",
    "answer_mix",
    "answer_pair",
    "ask_shipped",
    "asked",
    "draw_mix",
    "draw_pair",
    "examples",
    "found",
    "guessed",
    "methods_of",
    "pair_of",
    "shipped_run",
    "study_of",
]
