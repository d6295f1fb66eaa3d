"""Creates environments by name."""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Iterator
from typing import Any

from hibiscus.data.environments.checked import CheckedEnvironment
from hibiscus.errors import DataError, nearest
from hibiscus.import_path import working_directory_on_path

__all__ = ["make_environment"]

DEFAULT_LIMIT = 10_000  # steps, of an environment that declares no limit: one that never ends would hang


def make_environment(name: str, limit: int | None = None) -> CheckedEnvironment:
    """A Gymnasium environment by its name, held to what it declares.

    Args:
        name: `CartPole-v1`, or `my_module:MyEnv-v0` for one that a module registers; the module may be in the
            working directory.
        limit: the number of steps after which an episode is truncated; None for that of the environment, or
            10,000 if it declares none.

    Raises:
        DataError: there is no environment of this name, it cannot be created, or a package that it requires
            is missing.
    """
    import gymnasium
    from gymnasium.error import Error

    try:
        # A name without a module needs no file of the working directory, which may be anyone's.
        folder = working_directory_on_path() if ":" in name else contextlib.nullcontext()
        with _quiet(), folder:
            env: Any = gymnasium.make(name, max_episode_steps=-1, disable_env_checker=True)
        declared = gymnasium.spec(env.spec.id).max_episode_steps
    except Error as error:
        raise _unknown(name, str(error).splitlines()[0], list(gymnasium.registry)) from None
    except ImportError as error:
        module = name.rpartition(":")[0]
        if module and error.name in (None, *_parents(module)):
            received, expected = (
                f"gym:{name}: there is no module {module}",
                "a module of the working directory",
            )
            raise DataError(
                received, f"{expected}, or an installed one", f"cd to the folder of {module}"
            ) from None
        fix = f"pip install {error.name or 'gymnasium[all]'}"
        raise DataError(f"gym:{name}: {error}", "the packages that it requires", fix) from None
    except Exception as error:
        received = f"gym:{name}: it cannot be created: {type(error).__name__}: {error}"
        raise DataError(received, "an environment of Gymnasium", "correct the environment") from error
    return CheckedEnvironment(name, env, limit or declared or DEFAULT_LIMIT)


def _unknown(name: str, reason: str, known: list[str]) -> DataError:
    module, _, short = name.rpartition(":")
    hint = nearest(short, known)
    is_typo = short not in known and hint.startswith("did you mean")
    fix = f"register it in {module}" if module else "gym:CartPole-v1, or install the package that it names"
    return DataError(f"gym:{name}: {reason}", "an environment of Gymnasium", hint if is_typo else fix)


def _parents(module: str) -> list[str]:
    """A module and the packages that it is in."""
    names = module.split(".")
    return [".".join(names[: count + 1]) for count in range(len(names))]


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Suppresses Gymnasium's log messages and warnings about older versions of environments."""
    logger = logging.getLogger("gymnasium")
    level = logger.level
    logger.setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
    logger.setLevel(level)
