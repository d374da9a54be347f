"""File names that are not in UTF-8: what they probably say, and that this is a guess.

Zip files of old packers and disks of old systems name files in the code page of their maker, and
do not say which. The first code page whose letters make up all of the names is taken, and the
report names what it made of them.
"""

import unicodedata
from collections.abc import Callable, Sequence
from contextlib import suppress

__all__ = ["decode_names", "unmangled"]


def _is_script(*scripts: str) -> Callable[[str], bool]:
    """Whether all of a text but ASCII is letters of some scripts."""
    return lambda text: all(
        c.isascii() or (c.isalpha() and unicodedata.name(c, "").startswith(scripts)) for c in text
    )


def _is_latin(text: str) -> bool:
    """Whether a text is Latin, and most of its letters without accents."""
    plain = sum(c.isascii() for c in text if c.isalpha())
    return _is_script("LATIN")(text) and 2 * plain >= sum(map(str.isalpha, text))


def _is_common_chinese(text: str) -> bool:
    """Whether most are of the 3,755 commonest characters, the first level of GB 2312."""
    if not _is_script("CJK")(text):
        return False
    leads = [c.encode("gb18030")[0] for c in text if not c.isascii()]
    return sum(0xB0 <= lead <= 0xD7 for lead in leads) >= 0.8 * len(leads)


CODE_PAGES: tuple[tuple[str, str, Callable[[str], bool]], ...] = (
    ("cp437", "DOS, Latin letters", _is_latin),
    ("gb18030", "GBK, Chinese", _is_common_chinese),
    ("shift_jis", "Shift JIS, Japanese", _is_script("CJK", "HIRAGANA", "KATAKANA")),
    ("cp1252", "Windows, Latin letters", _is_latin),
    ("cp1251", "Windows, Cyrillic letters", _is_script("CYRILLIC")),
    ("cp866", "DOS, Cyrillic letters", _is_script("CYRILLIC")),
    ("euc_kr", "EUC-KR, Korean", _is_script("HANGUL", "CJK")),
    ("big5", "Big5, Chinese", _is_script("CJK")),
)


def decode_names(
    called: str, names: Sequence[bytes], *, together: bool = False
) -> tuple[list[str], tuple[str, ...]]:
    """The names as text, and a sentence about those that are not in UTF-8, if there are any.

    Names that were written `together`, by one packer, are in one code page: if one is not in
    UTF-8, none is, though some may look so.
    """
    parts = {part for name in names for part in name.split(b"/") if not part.isascii()}
    odd = sorted(part for part in parts if not _is_utf8(part))
    if not odd:
        return [name.decode() for name in names], ()
    odd = sorted(parts) if together else odd
    page, about = _code_page(odd)
    texts = {part: part.decode(page, "replace") for part in odd}

    def text(name: bytes) -> str:
        return "/".join(texts.get(part) or part.decode() for part in name.split(b"/"))

    named = ", ".join(texts[part] for part in odd[:6]) + (", ..." if len(odd) > 6 else "")
    note = (
        f"Some names in {called} are not in UTF-8. They were read as {about}: {named}. "
        "If that is wrong, rename the folders, or pack them with names in UTF-8."
    )
    return [text(name) for name in names], (note,)


def unmangled(name: str) -> bytes:
    """The bytes of a name that an unpacker took for DOS's code page, and kept as UTF-8.

    Such a name has box-drawing characters, which nobody types.
    """
    if any("\u2500" <= c <= "\u259f" for c in name):
        with suppress(UnicodeEncodeError):
            return name.encode("cp437")
    return name.encode(errors="surrogateescape")


def _is_utf8(name: bytes) -> bool:
    try:
        name.decode()
    except UnicodeDecodeError:
        return False
    return True


def _code_page(odd: Sequence[bytes]) -> tuple[str, str]:
    """The first code page that makes letters of one script of all names, and its name in words."""
    for page, about, is_fitting in CODE_PAGES:
        with suppress(UnicodeDecodeError):
            if is_fitting("".join(raw.decode(page) for raw in odd)):
                return page, about
    return "cp437", "an unknown code page"
