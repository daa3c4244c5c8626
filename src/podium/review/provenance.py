"""How a candidate came about, as far as its reader must know: hands other than the agent's, and what was left out."""

from __future__ import annotations

from podium.review.case import Case
from podium.runs.model import Round
from podium.runs.rules import hand_notes


def provenance(case: Case) -> tuple[str, ...]:
    """The notes of the judged round's harvest, then what a person did by hand in earlier rounds: it is still in there.

    A part of a candidate was not harvested: the notes of the round that it was taken from are its own.
    """
    judged = case.judged
    if judged is None:
        return ()
    earlier = (each for each in case.run.rounds if each.number < judged.number)
    return (*judged.notes, *(f"in round {each.number}, {note}" for each in earlier for note in _kept(each, judged)))


def _kept(earlier: Round, judged: Round) -> tuple[str, ...]:
    return earlier.notes if judged.part_of == earlier.number else hand_notes(earlier)
