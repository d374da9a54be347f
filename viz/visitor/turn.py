"""Turns: what a visitor may ask for, and stop."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Turn"]

_END = object()


def _nothing() -> None:
    """Nothing has begun yet that is to be told of a stop."""


@dataclass
class Turn:
    """Something that a visitor may stop: whether it was asked for, and goes on.

    A page that comes back follows it again, and whoever followed it over the old connection may
    not have noticed yet that nobody listens. So each follower ends by itself.
    """

    asked: bool = False  # asked for, and not begun yet
    stopped: bool = False  # what was asked for is to end as soon as it begins
    leave: Callable[[], None] = _nothing  # has what waits in line end at once
    finishes: bool = False  # whether its values end by themselves once it was left
    _halts: dict[object, Callable[[], None]] = field(default_factory=dict)  # of each follower

    @property
    def going(self) -> bool:
        """Whether anybody follows it."""
        return bool(self._halts)

    def ask(self) -> None:
        """Something was asked for."""
        self.asked, self.stopped = True, False

    def stop(self) -> None:
        """What was asked for and what goes on is to end; nothing else is."""
        self.stopped = self.asked
        leave = self.leave  # now: a follower in another thread, once halted, forgets it
        if not self.finishes:
            for halt in list(self._halts.values()):
                halt()
        leave()

    def take(self, values: Generator[Any, None, None]) -> Generator[Any, None, None]:
        """Yields values until they end or are to stop, and closes their generator.

        An event that the page cancels takes a while to go, and a click that comes meanwhile is
        lost; one that ends by itself loses none.
        """
        halted = self._begin()
        me = object()
        self._halts[me] = lambda: halted.append(True)
        try:
            while not halted:
                try:
                    value = next(values)
                except StopIteration:
                    break
                yield value
        finally:
            values.close()
            self._end(me)

    async def follow(self, values: AsyncGenerator[Any, None]) -> AsyncGenerator[Any, None]:
        """The same for values that come in the line's good time; a stop waits for none of them."""
        loop, halted = asyncio.get_running_loop(), asyncio.Event()

        def halt() -> None:
            with suppress(RuntimeError):  # the loop has gone, and the follower with it
                loop.call_soon_threadsafe(halted.set)

        me = object()
        if self._begin():
            halted.set()
        self._halts[me] = halt
        try:
            while not halted.is_set():
                value = await _first(anext(values, _END), halted)
                if value is _END:
                    break
                yield value
        finally:
            await values.aclose()
            self._end(me)

    def _begin(self) -> list[bool]:
        """What was asked for begins: `[True]` if it was stopped before."""
        stopped = [True] * self.stopped
        self.asked = self.stopped = False
        return stopped

    def _end(self, me: object) -> None:
        del self._halts[me]
        if not self._halts:
            self.leave, self.finishes = _nothing, False


async def _first(value: Coroutine[Any, Any, Any], halted: asyncio.Event) -> Any:
    """The value, or `_END` if it was halted before that came."""

    async def come() -> Any:
        return await value

    coming, halt = asyncio.ensure_future(come()), asyncio.ensure_future(halted.wait())
    try:
        await asyncio.wait({coming, halt}, return_when=asyncio.FIRST_COMPLETED)
        return _END if halt.done() else coming.result()
    finally:
        halt.cancel()
        if coming.done():
            coming.cancelled() or coming.exception()  # looked at, lest asyncio complains
        else:
            coming.cancel()
            with suppress(asyncio.CancelledError):
                await coming
