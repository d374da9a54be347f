"""What is asked for and stopped."""

from collections.abc import Iterator

from viz.turn import Turn


def test_a_turn_stops_what_was_asked_for_and_nothing_else() -> None:
    turn, closed = Turn(), []

    def values() -> Iterator[int]:
        try:
            yield from range(5)
        finally:
            closed.append(True)

    turn.stop()  # nothing was asked for
    assert list(turn.take(values())) == [0, 1, 2, 3, 4]
    going = turn.take(values())
    assert next(going) == 0
    assert turn.going
    turn.stop()
    assert list(going) == []
    assert closed == [True, True]
    assert not turn.going
    turn.ask()
    assert not turn.going
    turn.stop()  # still waiting in line
    assert list(turn.take(values())) == []
    assert list(turn.take(values())) == [0, 1, 2, 3, 4]
