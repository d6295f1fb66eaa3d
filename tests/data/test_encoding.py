import pytest

from hibiscus.data.encoding import check_encoding, decode_bytes, valid_unicode
from hibiscus.errors import ConfigError


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        ("café €".encode(), "UTF-8"),
        ("\ufeffcafé €".encode(), "UTF-8"),
        ("café €".encode("cp1252"), "Windows-1252"),
        ("café €".encode("utf-16"), "UTF-16"),
        ("café and more, x".encode("utf-16-le"), "UTF-16"),
        ("café and more, x".encode("utf-16-be"), "UTF-16"),
        ("café €".encode("utf-32"), "UTF-32"),
    ],
)
def test_encodings(data, encoding):
    text, found = decode_bytes(data)
    assert text.startswith("café")
    assert found == encoding


def test_any_byte_is_decoded():
    assert decode_bytes(b"caf\xe9\x81") == ("caf\xe9\x81", "Latin-1")


def test_lone_halves_of_surrogate_pairs_are_replaced():
    assert valid_unicode("a\ud800b") == "a\N{REPLACEMENT CHARACTER}b"
    assert valid_unicode("\ud83d\udc4d") == "👍"
    assert valid_unicode("é") == "é"


def test_the_name_of_an_encoding():
    assert check_encoding("latin1") == "iso8859-1"
    for name in ("klingon", "rot13", "hex", "\0"):
        with pytest.raises(ConfigError, match="encoding="):
            check_encoding(name)
