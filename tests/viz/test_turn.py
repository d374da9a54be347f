"""What is asked for and stopped."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Iterator
from typing import Any

import pytest

from distiller.errors import Refused
from tests.followed import everything
from viz.visitor.turn import Turn


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
    turn.ask()
    turn.stop()
    turn.ask()  # and again
    assert list(turn.take(values())) == [0, 1, 2, 3, 4]


async def count(closed: list[bool]) -> AsyncGenerator[int, None]:
    try:
        yield 0
        yield 1
        await asyncio.sleep(3600)
    finally:
        closed.append(True)


def test_what_ends_by_itself_is_told_of_a_stop_and_shows_the_rest() -> None:
    turn = Turn()

    async def values() -> AsyncGenerator[int, None]:
        left = asyncio.Event()
        turn.leave, turn.finishes = left.set, True
        yield 0
        await left.wait()
        yield 1

    async def watch() -> list[int]:
        seen = []
        async for value in turn.follow(values()):
            seen.append(value)
            turn.stop()
        return seen

    turn.ask()
    assert asyncio.run(watch()) == [0, 1]
    assert not turn.going
    assert not turn.finishes  # of what comes next


def test_a_stop_waits_for_no_value_that_is_yet_to_come() -> None:
    turn, closed = Turn(), list[bool]()

    async def watch() -> list[int]:
        seen = []
        asyncio.get_running_loop().call_later(0.05, turn.stop)
        async for value in turn.follow(count(closed)):
            seen.append(value)
        return seen

    turn.ask()
    assert asyncio.run(asyncio.wait_for(watch(), 30)) == [0, 1]
    assert closed == [True]
    assert not turn.going
    turn.ask()
    turn.stop()  # before it began
    assert everything(turn.follow(count(closed))) == []


def test_what_is_stopped_before_it_begins_never_asks() -> None:
    turn, asked = Turn(), list[bool]()

    async def values() -> AsyncGenerator[int, None]:
        asked.append(True)
        yield 0

    turn.ask()
    turn.stop()
    assert everything(turn.follow(values())) == []
    assert asked == []
    assert everything(turn.follow(values())) == [0]


def test_a_follower_that_ends_during_a_stop_does_not_keep_the_line_from_hearing_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Stop is pressed in a thread, and the follower may be gone before that thread goes on."""
    turn, left, ended = Turn(), list[str](), threading.Event()

    async def watch() -> None:
        loop = asyncio.get_running_loop()
        soon = loop.call_soon_threadsafe

        def soon_and_wait(*given: Any, **named: Any) -> asyncio.Handle:
            handle = soon(*given, **named)
            if threading.current_thread() is stopper:
                assert ended.wait(30)
            return handle

        stopper = threading.Thread(target=turn.stop)
        monkeypatch.setattr(loop, "call_soon_threadsafe", soon_and_wait)
        async for _ in turn.follow(count([])):
            turn.leave = lambda: left.append("the line")
            if not stopper.ident:
                stopper.start()
        ended.set()
        await asyncio.to_thread(stopper.join)

    asyncio.run(asyncio.wait_for(watch(), 60))
    assert left == ["the line"]


def test_a_follower_that_nobody_listens_to_is_not_in_the_way() -> None:
    """The server may not have noticed yet that a connection was lost, when the page comes back."""
    turn, closed, left = Turn(), list[bool](), list[str]()

    async def watch() -> None:
        lost = turn.follow(count(closed))
        assert await anext(lost) == 0
        again = turn.follow(count(closed))
        assert await anext(again) == 0
        turn.leave = lambda: left.append("the line")
        await lost.aclose()
        assert turn.going
        turn.stop()
        assert left == ["the line"]
        assert [value async for value in again] == []
        assert not turn.going

    asyncio.run(watch())


def test_what_is_refused_is_refused_to_who_follows() -> None:
    async def refuse() -> AsyncGenerator[Any, None]:
        yield 0
        raise Refused("No.")

    turn = Turn()
    with pytest.raises(Refused, match="No"):
        everything(turn.follow(refuse()))
    assert not turn.going
