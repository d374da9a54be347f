"""The compiler's cache: libraries that a killed compilation left empty or cut off are removed.

PyTorch compiles into a cache that all programs of a user share, and takes a library that is there
for a whole one. One that is not made every later training fail.
"""

import struct
from contextlib import suppress
from pathlib import Path

from .lock import is_held

__all__ = ["mend_compiler_cache"]

ELF64 = b"\x7fELF\x02\x01"  # begins a library of 64 bits, the lowest byte first
HEADER = 64  # bytes of an ELF file's header, with the place of its last table


def mend_compiler_cache() -> int:
    """Removes the libraries that cannot be loaded, and says how many there were.

    One that another process compiles now is left alone.
    """
    from torch._inductor.runtime.cache_dir_utils import cache_dir

    removed, folder = 0, Path(cache_dir())
    for library in folder.glob("*/*.so"):
        key = library.name.partition(".")[0]
        with suppress(OSError):  # another process may have removed it
            if not _is_whole(library) and not is_held(folder / "locks" / f"{key}.lock"):
                library.unlink(missing_ok=True)
                removed += 1
    return removed


def _is_whole(library: Path) -> bool:
    """Whether a library has all that its header tells of; of another format, whether it has any."""
    size = library.stat().st_size
    with library.open("rb") as file:
        header = file.read(HEADER)
    if header[:6] != ELF64:
        return size > 0 and not ELF64.startswith(header)
    if size < HEADER:
        return False
    (start,) = struct.unpack_from("<Q", header, 0x28)
    each, count = struct.unpack_from("<HH", header, 0x3A)
    return bool(start + each * count <= size)
