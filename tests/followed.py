"""What comes of an asynchronous generator, all at once."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Any, TypeVar

T = TypeVar("T")


def everything(
    values: AsyncGenerator[T, None], each: Callable[[T], Any] = lambda value: None
) -> list[T]:
    """All that comes, once it has come; `each` looks at a value while it is there."""

    async def listed() -> list[T]:
        found = []
        async for value in values:
            found.append(value)
            each(value)
        return found

    return asyncio.run(listed())
