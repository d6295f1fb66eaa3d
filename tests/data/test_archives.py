"""Archives: read as the folder inside, once, and within limits."""

import io
import os
import tarfile
import zipfile

import numpy as np
import pytest

from data import make_files as make
from hibiscus.data import archives
from hibiscus.data.disk_cache import cache_entries, cache_folder
from hibiscus.data.open import open_data
from hibiscus.errors import DataError

ENDINGS = "zip tar tar.gz tgz tar.bz2 tar.xz"


def packed(folder, file):
    """An archive of a folder by the ending of its name."""
    if file.suffix == ".zip":
        with zipfile.ZipFile(file, "w") as archive:
            for path in sorted(folder.rglob("*")):
                archive.write(path, path.relative_to(folder.parent))
    else:
        mode = {".gz": "w:gz", ".tgz": "w:gz", ".bz2": "w:bz2", ".xz": "w:xz"}.get(file.suffix, "w")
        with tarfile.open(file, mode) as archive:
            archive.add(folder, folder.name)
    return file


def zipped(file, entries):
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return file


@pytest.mark.parametrize(
    "name", ["pets.zip", "pets.tar", "pets.tar.gz", "pets.tgz", "pets.tar.bz2", "p.tar.xz", "PETS.ZIP"]
)
def test_an_archive_is_read_as_its_folder(tmp_path, name):
    folder = make.classes(tmp_path / "inside" / "pets")
    make.image(folder / "__MACOSX" / "x.png")
    file = packed(folder, tmp_path / name.lower()).rename(tmp_path / name)
    data, plain = open_data(file), open_data(tmp_path / "inside")
    assert np.array_equal(data.fields["image"], plain.fields["image"])
    assert data.ids == plain.ids
    assert (data.name, data.path) == (name.split(".")[0], str(file))


def test_a_table_alone_in_an_archive(tmp_path):
    file = zipped(tmp_path / "a.zip", {"iris.csv": "x,y\n" + "".join(f"{i}.5,{i % 2}\n" for i in range(20))})
    assert len(open_data(file, target="y")) == 20


def test_it_is_extracted_once_and_known_by_its_content(tmp_path, monkeypatch):
    file = packed(make.classes(tmp_path / "pets"), tmp_path / "pets.zip")
    open_data(file)
    os.rename(file, tmp_path / "other.zip")
    monkeypatch.setattr(archives, "_write_entries", None)
    assert len(open_data(tmp_path / "other.zip")) == 6
    assert [entry.kind for entry in cache_entries()].count("archives") == 1


def test_bad_images_are_named_by_the_archive(tmp_path):
    folder = make.classes(tmp_path / "pets", count=20)
    (folder / "ant" / "bad.png").write_bytes(b"")
    file = packed(folder, tmp_path / "pets.zip")
    skipped = open_data(file).skipped[0]
    assert skipped.path == f"{file}/pets/ant/bad.png"
    assert skipped.reason.startswith(f"{file}/pets/ant/bad.png")


@pytest.mark.parametrize("name", ["../x.png", "/x.png", "C:\\x.png", "a/../../x.png"])
def test_entries_that_leave_the_folder_are_refused(tmp_path, name):
    with pytest.raises(DataError, match="leaves its folder"):
        open_data(zipped(tmp_path / "a.zip", {name: b"x"}))
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        archive.addfile(tarfile.TarInfo(name), io.BytesIO())
    with pytest.raises(DataError, match="leaves its folder"):
        open_data(tmp_path / "a.tar")
    assert list(cache_folder().glob("archives/*")) == []


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_refused(tmp_path, kind):
    entry = tarfile.TarInfo("link")
    entry.type, entry.linkname = kind, "/etc/passwd"
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        archive.addfile(entry)
    with pytest.raises(DataError, match="'link' is a link or a device"):
        open_data(tmp_path / "a.tar")
    info = zipfile.ZipInfo("link")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(DataError, match="is a link"):
        open_data(tmp_path / "a.zip")


def test_limits(tmp_path, monkeypatch):
    file = tmp_path / "bomb.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros.png", bytes(2**22))
    monkeypatch.setattr(archives, "FREE_RATIO", 2**20)
    monkeypatch.setattr(archives, "MAX_RATIO", 10)
    with monkeypatch.context() as patch:
        patch.setattr(archives, "_entries", None)  # refused before anything is written
        with pytest.raises(DataError, match="too large to extract safely"):
            open_data(file)
    packed = tmp_path / "bomb.tar.gz"
    with tarfile.open(packed, "w:gz") as archive:
        info = tarfile.TarInfo("zeros.png")
        info.size = 2**22
        archive.addfile(info, io.BytesIO(bytes(2**22)))
    with pytest.raises(DataError, match="too large to extract safely"):
        open_data(packed)
    monkeypatch.setattr(archives, "MAX_ENTRIES", 1)
    with pytest.raises(DataError, match="more than 1 files"):
        open_data(zipped(tmp_path / "many.zip", {"a.png": b"", "b.png": b""}))
    monkeypatch.setattr(archives, "MAX_ENTRIES", 9)
    with pytest.raises(DataError, match="two entries"):
        open_data(zipped(tmp_path / "case.zip", {"a.png": b"", "A.png": b""}))


@pytest.mark.parametrize("name", ["a.zip", "a.tar.gz", "a.tar"])
def test_damaged_archives_are_told(tmp_path, name):
    (tmp_path / name).write_bytes(b"PK\x03\x04 garbage" * 9)
    with pytest.raises(DataError, match="cannot be extracted"):
        open_data(tmp_path / name)


def test_other_archives_are_named(tmp_path):
    (tmp_path / "a.7z").write_bytes(b"7z")
    with pytest.raises(DataError, match="not read") as caught:
        open_data(tmp_path / "a.7z")
    assert "7z x" in caught.value.fix


def test_a_link_is_judged_by_the_file_it_leads_to(tmp_path):
    file = packed(make.classes(tmp_path / "pets"), tmp_path / "pets.zip")
    (tmp_path / "latest").symlink_to(file)
    assert len(open_data(tmp_path / "latest")) == 6
