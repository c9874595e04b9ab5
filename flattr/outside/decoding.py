"""Bytes of a page as text, in the encoding that the page or its server names (WHATWG Encoding and HTML, 13.2.3.2)."""

import codecs
import re
from typing import Final

_BOMS: Final = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_META: Final = re.compile(rb"<meta\s[^>]*?charset\s*=\s*[\"']?\s*([-\w:.]+)", re.IGNORECASE)
_META_WITHIN: Final = 1024

_NAMES: Final = {
    **{name: name for name in ("utf-8", "koi8-r", "koi8-u", "gb18030", "euc-jp", "iso-2022-jp", "utf-16-be")},
    **{f"windows-{number}": f"cp{number}" for number in range(1250, 1259)},
    **{f"iso-8859-{number}": f"iso8859-{number}" for number in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)},
    # What browsers take these labels for.
    **dict.fromkeys(("iso-8859-1", "latin1", "us-ascii", "ascii", "cp1252"), "cp1252"),
    **dict.fromkeys(("gbk", "gb2312", "x-gbk"), "gb18030"),
    **dict.fromkeys(("shift_jis", "shift-jis", "sjis", "x-sjis", "windows-31j"), "cp932"),
    **dict.fromkeys(("euc-kr", "ks_c_5601-1987", "windows-949"), "cp949"),
    "utf8": "utf-8",
    "big5": "big5hkscs",
    "iso-8859-9": "cp1254",
    "windows-874": "cp874",
    "macintosh": "mac-roman",
}
"""Python's names by those that pages use. Python has more that are none of the web's, and some that aren't text's."""


def decoded(body: bytes, *, charset: str) -> str:
    """Return bytes as text, by their byte order mark, else the server's word, else the page's; replace what's broken.

    What names nothing that is known is read as UTF-8 if it is that, else as western European. The last character
    may be cut.
    """
    for mark, name in _BOMS.items():
        if body.startswith(mark):
            return body[len(mark) :].decode(name, errors="replace")
    declared = _NAMES.get(charset.strip().lower()) or _declared(body)
    if declared is not None:
        return body.decode(declared, errors="replace")
    try:
        # What is cut in the middle of a character is no mistake of the page's.
        return codecs.getincrementaldecoder("utf-8")().decode(body)
    except UnicodeDecodeError:
        return body.decode("cp1252", errors="replace")


def _declared(body: bytes) -> str | None:
    found = _META.search(body[:_META_WITHIN])
    return None if found is None else _NAMES.get(found[1].decode("latin-1").lower())
