"""The version of a run folder's files, and how those of older versions are read.

Nothing on disk is rewritten: names of older versions become today's names when a file is read. Version 1 had
other names for options, metrics, logged terms and some tensors. Up to version 2, `net=resnet50` was the
network for small images, today's `resnet-cifar-50`. Since version 4, the files hold digests (`json_files`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

__all__ = ["DATA_OPTIONS", "FORMAT", "OPTIONS", "upgrade", "upgrade_options", "upgrade_tensors"]

FORMAT = 4
T = TypeVar("T")

OPTIONS = {
    "average": "ema_decay", "checkpoint_seconds": "checkpoint_interval", "classes": "num_classes",
    "clip": "weight_clip", "clip_norm": "clip_grad_norm", "clip_weights": "weight_clip",
    "clusters": "num_clusters", "codes": "num_codes", "critic_batches": "critic_steps", "discount": "gamma",
    "drift": "drift_weight", "early_stop": "early_stopping_patience", "embedding": "embedding_dim",
    "environments": "num_envs", "explore_least": "final_epsilon", "explore_share": "exploration_fraction",
    "fade": "fade_in_fraction", "feature_condition": "feature_condition_weight",
    "feature_entropy": "feature_entropy_weight", "features": "metric_features", "fill": "padding_mode",
    "first_side": "initial_size", "generator_rate": "generator_lr_factor", "heads": "num_heads",
    "latent": "latent_dim", "least_scale": "min_scale", "memory": "buffer_size", "middle": "feature_dim",
    "mirror": "tta_flip", "most_scale": "max_scale", "optimiser": "optimizer",
    "over_clusters": "num_overclusters", "penalise": "regularize", "penalise_layers": "regularize_layers",
    "penalty": "gradient_penalty_weight", "picture_condition": "image_condition_weight",
    "picture_entropy": "image_entropy_weight", "plateau_factor": "reduce_lr_factor",
    "plateau_patience": "reduce_lr_patience", "pool": "pool_size", "rate": "learning_rate",
    "real_label": "real_label_value", "shift": "translate", "shown_score": "score_threshold",
    "soft_sigma": "soft_nms_sigma", "space": "color_space", "steps": "steps_per_iteration",
    "stop_after": "stop_after_epochs", "suppression": "nms", "target_every": "target_update_interval",
    "through": "joint_gradient_scale", "turns": "iterations_per_epoch", "updates": "updates_per_iteration",
    "zoom": "scale_range",
}  # fmt: skip
DATA_OPTIONS = {"to": "target_domain", "max_bad": "max_bad_fraction"}
METRICS = {
    "agreement": "conditional_accuracy", "agreement_to_a": "domain_accuracy_a",
    "agreement_to_b": "domain_accuracy_b", "chroma": "colorfulness", "code_nats": "code_nll",
    "given_frechet": "frechet_external", "given_frechet_floor": "frechet_floor_external",
    "given_kernel_distance": "kernel_distance_external", "judge_accuracy": "classifier_accuracy",
    "judge_certainty": "classifier_confidence", "label_nats": "label_nll", "least_return": "min_return",
    "least_share": "min_class_share", "mean_iou": "matched_iou", "modes": "classes_found",
    "nll_bound": "neg_elbo", "obeyed": "conditional_accuracy", "picture_accuracy": "image_accuracy",
    "picture_condition": "image_condition", "picture_entropy": "image_entropy",
    "picture_miou": "image_miou", "solved_at": "solved_threshold", "true_chroma": "target_colorfulness",
}  # fmt: skip
TENSORS = {  # parts of a tensor's name
    "network/average/": "network/ema/", "network/average_to_": "network/ema_to_",
    "network/encoder/answer.": "network/encoder/head.",
    "picture": "image",
}  # fmt: skip
V1_DEPTHS = ("20", "32", "44", "56", "110")  # of the residual networks that keep the name `resnet<depth>`
V2_DEPTHS = ("20", "29", "56", "110", "164")
KEYS = {"decides": "selection_metric", "gives_pictures": "gives_images"}


def upgrade(file: str, content: Any) -> Any:
    """The content of a run folder's file in today's names.

    Args:
        file: its path in the folder, such as `run.json`; `log.jsonl` for one line of it.
        content: what JSON holds; anything else than an object is returned as it is, for the reader to refuse.
    """
    if not isinstance(content, dict):
        return content
    file = file.rsplit("/", 1)[-1]
    if file == "log.jsonl":
        return _renamed(content, _metric)
    if file == "exhibits.json":
        return {
            "report_items": [_gallery(item) for item in content.get("exhibits", ()) if isinstance(item, dict)]
        }
    version = content.get("format", 1)
    if version in (1, 2) and file in ("run.json", "sweep.json"):
        content = _from_version_2(file, content)
    if version != 1:
        return content
    content = {KEYS.get(key, key): value for key, value in content.items()}
    metric = content.get("selection_metric")
    if isinstance(metric, dict) and isinstance(metric.get("name"), str):
        content["selection_metric"] = {**metric, "name": _metric(metric["name"])}
    if file == "run.json":
        return _upgrade_run(content)
    if file == "evaluation.json":
        baselines = content.get("baselines")
        content["metrics"] = _renamed(content.get("metrics"), _metric)
        if isinstance(baselines, dict):
            content["baselines"] = {name: _renamed(metrics, _metric) for name, metrics in baselines.items()}
    if file == "sweep.json":
        content = _upgrade_sweep(content)
    return content


def upgrade_options(options: dict[str, Any], version: int) -> dict[str, Any]:
    """Options of a method and of its data, as `config.yaml` holds them together, in today's names."""
    options = _network(options) if version < 3 else options
    if version > 1:
        return options
    named: dict[str, Any] = _options(options)
    return {DATA_OPTIONS.get(name, name): value for name, value in named.items()}


def _from_version_2(file: str, content: dict[str, Any]) -> dict[str, Any]:
    """The content with the networks of version 2 by today's names, and no classes of a numeric target."""
    if file == "run.json":
        content = {**content, "config": _network(content.get("config"))}
        data = content.get("data")
        if content.get("method") == "regress" and isinstance(data, dict):  # numbers were counted as classes
            content["data"] = {**data, "classes": {}}
        return content
    settings = content.get("settings")
    if isinstance(settings, list):
        settings = [
            {**one, "setting": _network(one.get("setting"))} if isinstance(one, dict) else one
            for one in settings
        ]
        content = {**content, "settings": settings}
    return {**content, "options": _network(content.get("options"))}


def _network(options: Any) -> Any:
    """Options with `net=resnet50` as `resnet-cifar-50`; those depths that have a short name keep it."""
    name = options.get("net") if isinstance(options, dict) else None
    depth = re.fullmatch(r"resnet(\d+)(-v[12])?", name) if isinstance(name, str) else None
    if depth is None or depth[1] in (V2_DEPTHS if depth[2] == "-v2" else V1_DEPTHS):
        return options
    return {**options, "net": f"resnet-cifar-{depth[1]}{depth[2] or ''}"}


def _upgrade_run(run: dict[str, Any]) -> dict[str, Any]:
    config = run.get("config")
    if isinstance(config, dict):
        run["config"] = _options(config)
    run["data_options"] = _renamed(run.get("data_options"), lambda name: DATA_OPTIONS.get(name, name))
    data = run.get("data")
    if isinstance(data, dict) and isinstance(data.get("kind"), str):
        run["data"] = {**data, "kind": data["kind"].replace("pictures", "images")}
    return run


def _upgrade_sweep(sweep: dict[str, Any]) -> dict[str, Any]:
    settings = sweep.get("settings")
    if isinstance(settings, list):
        sweep["settings"] = [
            {**one, "setting": _options(one.get("setting")), "figures": _renamed(one.get("figures"), _metric)}
            for one in settings
            if isinstance(one, dict)
        ]
    return {**sweep, "options": _options(sweep.get("options"))}


def upgrade_tensors(tensors: Mapping[str, T], state: Any) -> tuple[dict[str, T], Any]:
    """A checkpoint's tensors and state in today's names.

    Args:
        tensors: by name.
        state: the JSON state beside them.
    """
    if not isinstance(state, dict) or state.get("format", 1) != 1:
        return dict(tensors), state
    state = dict(state)
    callbacks = state.get("callbacks")
    if isinstance(callbacks, dict):
        names = {"early_stop": "early_stopping"}
        state["callbacks"] = {names.get(name, name): value for name, value in callbacks.items()}
    if "rate_factors" in state:
        state["lr_factors"] = state.pop("rate_factors")
    for name in ("meter", "interval"):
        if isinstance(state.get(name), dict):
            state[name] = {key: _renamed(values, _metric) for key, values in state[name].items()}
    return {_tensor(name): value for name, value in tensors.items()}, state


def _tensor(name: str) -> str:
    if name.startswith("optimiser/"):
        return "optimizer/" + name.removeprefix("optimiser/")
    for old, new in TENSORS.items():
        name = name.replace(old, new)
    return name


def _options(config: Any) -> Any:
    """Options of a method, and the values that are written otherwise today."""
    if not isinstance(config, dict):
        return config
    new = {OPTIONS.get(name, name): value for name, value in config.items()}
    if "likelihood" in config:  # a VAE's warm-up is that of the KL term, DQN's that of the replay buffer
        new = {"kl_warmup_fraction" if name == "warm_up" else name: value for name, value in new.items()}
    else:
        new = {"learning_starts" if name == "warm_up" else name: value for name, value in new.items()}
    if "amount" in new:  # one option for each kind of noise
        amount, noise = new.pop("amount"), new.get("noise")
        if noise != "none":
            new["noise_std" if noise == "gaussian" else "noise_fraction"] = amount
    if new.get("nms") == "nms":
        new["nms"] = "hard"
    if new.get("anchors") == "auto":
        new["anchors"] = "fitted"
    return new


def _gallery(item: dict[str, Any]) -> dict[str, Any]:
    return {"images" if name == "pictures" else name: value for name, value in item.items()}


def _metric(name: str) -> str:
    """`val/modes`, `train/generator.obeyed` or `modes` in today's words; `rate/PLAYER` is `lr/PLAYER`."""
    if name.startswith("rate/"):
        return "lr/" + name.removeprefix("rate/")
    before, slash, word = name.rpartition("/")
    player, dot, term = word.rpartition(".")
    return f"{before}{slash}{player}{dot}{METRICS.get(term, term)}"


def _renamed(values: Any, rename: Any) -> Any:
    return {rename(name): value for name, value in values.items()} if isinstance(values, dict) else values
