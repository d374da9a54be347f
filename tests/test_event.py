"""How a running generator is followed."""

from collections.abc import Generator

import pytest

from distiller.event import Event, Left, Pace, finish, translated


def counting(n: int, closed: list[bool]) -> Generator[int, None, str]:
    try:
        yield from range(n)
        return "done"
    finally:
        closed.append(True)


def test_every_event_is_shown_in_its_turn_and_the_result_comes_back() -> None:
    shown, closed = list[str](), list[bool]()

    def follow() -> Generator[str, None, str]:
        return (yield from translated(counting(3, closed), lambda k: f"step {k}"))

    events = follow()
    assert [next(events), next(events), next(events)] == ["step 0", "step 1", "step 2"]
    assert finish(translated(counting(3, closed), lambda k: shown.append(f"{k}"))) == "done"
    assert shown == ["0", "1", "2"]


def test_what_is_not_due_is_noted_and_not_shown() -> None:
    slow, noted, closed = Pace(3600), list[int](), list[bool]()
    slow.mark()

    def note(k: int) -> bool:
        noted.append(k)
        return k in (1, 4)

    shown = list(translated(counting(6, closed), lambda k: k, slow, note))
    assert shown == [1, 4]
    assert noted == [0, 1, 2, 3, 4, 5]
    assert list(translated(counting(3, closed), lambda k: k, Pace(0))) == [0, 1, 2]
    assert list(translated(counting(3, closed), lambda k: k, Pace(3600))) == [0]


def test_it_closes_what_it_follows_however_it_ends() -> None:
    closed: list[bool] = []
    events = translated(counting(3, closed), lambda k: k)
    next(events)
    assert closed == []
    events.close()
    assert closed == [True]

    def fail(k: int) -> int:
        raise StopIteration  # not to be taken for the end of what is followed

    with pytest.raises(RuntimeError):
        finish(translated(counting(3, closed), fail))
    assert closed == [True, True]
    assert finish(translated(counting(0, closed), fail)) == "done"


def test_what_is_left_of_a_stage_follows_from_what_it_took() -> None:
    now = [0.0]
    left = Left(lambda: now[0])
    for i, seconds in enumerate((2.0, 4.0)):
        now[0] = seconds
        left.see(Event("encode", i, 4))
    assert left.seconds == pytest.approx(4)  # 2 s a step, two are left
    now[0] = 5.0
    left.see(Event("invert", 10, 20))  # a stage that goes on from its tenth step
    assert left.seconds == pytest.approx(9)
    now[0] = 9.0
    left.see(Event("invert", 19, 20))
    assert left.seconds == 0
