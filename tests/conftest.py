"""What every test shares."""

import pytest

from other_seeds import OtherSeeds


def pytest_configure(config):
    """Learning tests that fail are repeated with other seeds."""
    config.pluginmanager.register(OtherSeeds(), "other-seeds")


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """No test reads or writes the person's own cache."""
    monkeypatch.setenv("HIBISCUS_CACHE", str(tmp_path / "cache"))


@pytest.fixture(autouse=True, scope="session")
def _own_key(tmp_path_factory):
    """No test reads or writes the person's own key; runs that fixtures trained are those of one user."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HIBISCUS_KEY", str(tmp_path_factory.mktemp("key") / "run.key"))
        yield
