from __future__ import annotations

from hibiscus.data.disk_cache import cache_folder


def test_it_says_what_it_would_delete_and_deletes_only_with_yes(cli, monkeypatch):
    assert "0 bytes of at most 5.0 GB" in cli("clean").out
    folder = cache_folder() / "images" / "key"
    folder.mkdir(parents=True)
    (folder / "pixels.npy").write_bytes(bytes(2_500_000))
    (cache_folder() / "inception.pt").touch()
    answer = cli("clean")
    assert "images            1 entry    2.5 MB" in answer.out
    assert "hibiscus clean --yes deletes them and frees 2.5 MB" in answer.out
    assert folder.exists()
    assert cli("clean", "--yes", "--json").json == {
        "folder": str(cache_folder()),
        "bytes": 2_500_000,
        "limit": 5_000_000_000,
        "freed": 2_500_000,
        "entries": {
            "images": 1,
            "headers": 0,
            "tables": 0,
            "archives": 0,
            "features": 0,
            "feature-networks": 0,
            "pretrained": 0,
        },
    }
    assert not folder.exists()
    assert (cache_folder() / "inception.pt").exists()


def test_a_limit_that_is_no_size(fails, monkeypatch):
    monkeypatch.setenv("HIBISCUS_CACHE_SIZE", "much")
    fails(4, "HIBISCUS_CACHE_SIZE=much", "clean")
