"""Random changes of a run folder: of the values in its files, of their bytes, and of whole files.

Some changes are forged: the digests are written anew, as a stranger could do. They must not crash anything,
and what they say is taken as it is.
"""

from __future__ import annotations

import copy
import json
import os
import random
import shutil
from pathlib import Path
from typing import Any

from hostile.mutations import mutate_bytes, mutate_json, mutate_text

__all__ = ["damage_run"]

FILES = (
    *("run.json", "run.json", "preparation.json", "preparation.json", "split.json", "evaluation.json"),
    *("log.jsonl", "evaluation/report_items.json"),
    *("checkpoints/best.safetensors", "checkpoints/last.safetensors", "config.yaml"),
)
ODD = (None, True, -1, 0, 1, 2**31, 2**63, 10**400, 0.5, -1e308, 1e308, float("nan"), float("inf"), "", "a",
       "\ud800", "../..", "x" * 5000, [], {}, [[]], {"a": 1}, [None], "CartPole-v1", "resnet20")  # fmt: skip


def damage_run(run: Path, rng: random.Random) -> bool:
    """Changes one to three files; returns whether a change was forged."""
    forged = False
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        present = [name for name in FILES if (run / name).is_file()]
        if not present:
            return forged
        forged |= _damage(run, run / rng.choice(present), rng)
    return forged


def _damage(run: Path, file: Path, rng: random.Random) -> bool:
    kind = rng.random()
    if kind < 0.12:
        rng.choice((_empty, _folder, _pipe, _huge, _remove))(file, rng)
        return False
    if file.suffix == ".safetensors":
        if kind < 0.5:
            file.write_bytes(mutate_bytes(file.read_bytes(), rng))
            return False
        return _forge_checkpoint(file, rng)
    if file.suffix == ".yaml":
        file.write_bytes(mutate_text(file.read_bytes(), rng))
        return False
    if kind < 0.35:
        changed = mutate_json(file.read_bytes(), rng) if file.suffix == ".json" else None
        file.write_bytes(changed if changed is not None else mutate_bytes(file.read_bytes(), rng))
        return False
    if file.suffix == ".jsonl":
        return _change_line(file, rng)
    return _change_value(run, file, rng)


def _change_value(run: Path, file: Path, rng: random.Random) -> bool:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        return False
    if not isinstance(content, dict):
        return False
    changed = _changed(copy.deepcopy(content), rng)
    if rng.random() < 0.4:
        from hibiscus.json_files import with_digest

        try:
            changed = with_digest(changed) if isinstance(changed, dict) else changed
        except (ValueError, TypeError):
            return False
        if file.name in ("preparation.json", "split.json"):
            _bind(run)
        file.write_text(json.dumps(changed), encoding="utf-8")
        return True
    file.write_text(json.dumps(changed), encoding="utf-8")
    return False


def _bind(run: Path) -> None:
    """Checkpoints that belong to no files, so that changed ones are read."""
    from hibiscus.errors import HibiscusError
    from hibiscus.training.checkpoint import load_checkpoint, save_checkpoint

    for path in (run / "checkpoints").glob("*.safetensors"):
        try:
            tensors, state = load_checkpoint(path)
        except HibiscusError:
            continue
        save_checkpoint(path, tensors, {**state, "files": {}})


def _changed(content: Any, rng: random.Random) -> Any:
    """A value with one place of it changed, at any depth: another type, another digit, left out, renamed."""
    places: list[tuple[Any, Any]] = []
    rest: list[Any] = [content]
    while rest:
        value = rest.pop()
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            places.append((value, key))
            if isinstance(value[key], dict | list):
                rest.append(value[key])
    if not places:
        return rng.choice(ODD)
    owner, key = rng.choice(places)
    value, kind = owner[key], rng.random()
    if kind < 0.3:
        owner[key] = _other_digit(value, rng)
    elif kind < 0.4:
        del owner[key]
    elif kind < 0.5 and isinstance(owner, dict):
        owner[f"{key}{rng.choice('xyz_/')}"] = owner.pop(key)
    elif kind < 0.6 and isinstance(owner, list):
        owner.append(value)
    elif kind < 0.7:
        owner[key] = rng.choice(places)[0]  # a copy of another part; JSON holds no cycles, so they are cut
        owner[key] = copy.deepcopy(value) if _holds(owner[key], owner) else copy.deepcopy(owner[key])
    else:
        owner[key] = rng.choice(ODD)
    return content


def _holds(value: Any, inner: Any) -> bool:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return value is inner or any(_holds(one, inner) for one in inside)


def _other_digit(value: Any, rng: random.Random) -> Any:
    """A number or a text with one character more or less."""
    if isinstance(value, bool) or value is None:
        return not value
    if isinstance(value, int):
        return value + rng.choice((-1, 1, 10))
    if isinstance(value, float):
        return value * rng.choice((1.1, 0.9, -1, 1 + 1e-9)) + rng.choice((0.0, 1e-3))
    return f"{value}{rng.choice('0a')}" if isinstance(value, str) else [value]


def _change_line(file: Path, rng: random.Random) -> bool:
    rows = file.read_text(encoding="utf-8", errors="replace").splitlines()
    if not rows:
        return False
    number, kind = rng.randrange(len(rows)), rng.random()
    if kind < 0.2:
        del rows[number]
    elif kind < 0.3:
        rows.insert(rng.randrange(len(rows)), rows[number])
    else:
        try:
            line = json.loads(rows[number])
        except ValueError:
            return False
        rows[number] = json.dumps(_changed(line, rng))
    file.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
    return False


def _forge_checkpoint(path: Path, rng: random.Random) -> bool:
    """A checkpoint with a digest of its own, whose tensors or state are others."""
    import torch

    from hibiscus.errors import HibiscusError
    from hibiscus.training.checkpoint import load_checkpoint, save_checkpoint

    try:
        tensors, state = load_checkpoint(path)
    except HibiscusError:
        return False
    name, kind = rng.choice(list(tensors)), rng.random()
    if kind < 0.4:
        state = _changed(copy.deepcopy(state), rng)
    elif kind < 0.55:
        del tensors[name]
    elif kind < 0.7:
        tensors[name] = torch.zeros(rng.choice(((), (0,), (1,), (3, 5), (10**6,))))
    elif kind < 0.85:
        types = torch.float16, torch.int64, torch.bool, torch.float64, torch.uint8, torch.complex64
        tensors[name] = tensors[name].to(rng.choice(types))
    else:
        fill = float("nan") if tensors[name].is_floating_point() else 0
        tensors[name] = torch.full_like(tensors[name], fill)
    try:
        save_checkpoint(path, tensors, state)
    except (HibiscusError, ValueError, TypeError, UnicodeEncodeError):
        return False
    return True


def _empty(file: Path, rng: random.Random) -> None:
    file.write_bytes(b"")


def _folder(file: Path, rng: random.Random) -> None:
    file.unlink()
    file.mkdir()


def _pipe(file: Path, rng: random.Random) -> None:
    file.unlink()
    os.mkfifo(file)


def _huge(file: Path, rng: random.Random) -> None:
    os.truncate(file, 2**30)


def _remove(file: Path, rng: random.Random) -> None:
    if rng.random() < 0.2 and file.parent.name in ("checkpoints", "evaluation"):
        shutil.rmtree(file.parent)
    else:
        file.unlink()
