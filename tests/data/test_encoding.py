import pytest

from hibiscus.data.encoding import decode_bytes


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
