"""Bytes of pages as text: in the encoding that is named, and never with an error."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flattr.outside.decoding import decoded


@pytest.mark.parametrize(
    ("body", "charset", "text"),
    [
        ("Käse".encode(), "utf-8", "Käse"),
        ("Käse".encode(), "", "Käse"),
        ("Käse".encode("latin-1"), "", "Käse"),
        ("Käse “gut”".encode("cp1252"), "ISO-8859-1", "Käse “gut”"),
        ("Сыр".encode("cp1251"), "windows-1251", "Сыр"),
        ("チーズ".encode("cp932"), "Shift_JIS", "チーズ"),
        (b'<meta charset="koi8-r">' + "Сыр".encode("koi8-r"), "", "Сыр"),
        (b"<meta name=a content=b><META CHARSET = gb2312 >" + "奶酪".encode("gb18030"), "nonsense", "奶酪"),
        (
            b'<meta http-equiv="Content-Type" content="text/html; charset=euc-kr">' + "치즈".encode("euc-kr"),
            "",
            "치즈",
        ),
        # What the server says comes before what the page says, and a mark before both.
        (b'<meta charset="koi8-r">' + "Käse".encode(), "utf8", "Käse"),
        (codecs.BOM_UTF8 + "Käse".encode(), "iso-8859-1", "Käse"),
        (codecs.BOM_UTF16_LE + "Käse".encode("utf-16-le"), "", "Käse"),
        (codecs.BOM_UTF16_BE + "Käse".encode("utf-16-be"), "utf-8", "Käse"),
        # Cut within its last letter.
        ("Käsé".encode()[:-1], "", "Käs"),
        # None of the web's, though Python knows them.
        (b"Kaese", "rot13", "Kaese"),
        (b"Kaese", "zlib", "Kaese"),
        (b"+AGk-", "utf-7", "+AGk-"),
        (b"\\u0041", "unicode_escape", "\\u0041"),
    ],
)
def test_text_is_read_in_its_encoding(body: bytes, charset: str, text: str) -> None:
    """By mark, header or tag, as browsers do; what names none is UTF-8, or western European where it can't be."""
    assert decoded(body, charset=charset).rpartition(">")[2] == text


@given(st.binary(max_size=200), st.sampled_from(["", "utf-8", "utf-16-be", "gbk", "iso-2022-jp", "big5", "x"]))
def test_whatever_comes_is_text(body: bytes, charset: str) -> None:
    """Broken bytes are replaced, and none stop us."""
    assert isinstance(decoded(body, charset=charset), str)
