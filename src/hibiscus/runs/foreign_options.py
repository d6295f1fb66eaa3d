"""Option names of other libraries and of earlier versions of Hibiscus, each with the name that is used here.

None of them is accepted: an option under such a name is answered with the right one.
"""

from __future__ import annotations

__all__ = ["FOREIGN", "FOREIGN_FLAGS"]

KERAS = {
    "batch_normalization": "batch_norm", "beta_1": "beta1", "beta_2": "beta2", "clipnorm": "clip_grad_norm",
    "decay": "weight_decay", "dropout_rate": "net.dropout", "jit_compile": "compile",
    "validation_split": "val",
}  # fmt: skip
LIGHTNING = {
    "accelerator": "device", "auto_lr_find": "learning_rate", "gradient_clip": "clip_grad_norm",
    "gradient_clip_val": "clip_grad_norm", "log_every_n_steps": "log_every", "max_epochs": "epochs",
    "max_norm_grad": "clip_grad_norm", "max_steps": "max_rounds", "num_epochs": "epochs",
}  # fmt: skip
ULTRALYTICS = {
    "batch": "batch_size", "conf": "score_threshold", "cos_lr": "schedule", "degrees": "rotation",
    "fliplr": "flip", "flipud": "vertical_flip", "imgsz": "image_size", "iou": "nms_threshold",
    "lr0": "learning_rate", "patience": "early_stopping_patience",
}  # fmt: skip
STABLE_BASELINES = {
    "exploration_final_eps": "final_epsilon", "gradient_steps": "updates_per_iteration", "n_envs": "num_envs",
    "target_update": "target_update_interval", "train_freq": "steps_per_iteration",
}  # fmt: skip
SCIKIT_LEARN = {
    "alpha": "weight_decay", "early_stopping": "early_stopping_patience", "hidden_layer_sizes": "net.hidden",
    "learning_rate_init": "learning_rate", "max_iter": "epochs", "n_classes": "num_classes",
    "n_clusters": "num_clusters", "n_components": "latent_dim", "n_epochs": "epochs",
    "n_iter_no_change": "early_stopping_patience", "random_state": "seed", "solver": "optimizer",
    "test_size": "test", "tol": "early_stopping_patience", "validation_fraction": "val",
}  # fmt: skip
PYTORCH = {
    "amp": "precision", "dtype": "precision", "img_size": "image_size", "lr_scheduler": "schedule",
    "model": "net", "network": "net", "num_filters": "width", "nz": "latent_dim", "z_dim": "latent_dim",
    "zdim": "latent_dim",
}  # fmt: skip
FORMER = {
    "amount": "noise_std", "average": "ema_decay", "checkpoint_seconds": "checkpoint_interval",
    "classes": "num_classes", "clip": "weight_clip", "clip_norm": "clip_grad_norm",
    "clusters": "num_clusters", "codes": "num_codes", "critic_batches": "critic_steps",
    "drift": "drift_weight", "early_stop": "early_stopping_patience", "environments": "num_envs",
    "explore_least": "final_epsilon", "explore_share": "exploration_fraction", "fade": "fade_in_fraction",
    "feature_condition": "feature_condition_weight", "feature_entropy": "feature_entropy_weight",
    "features": "metric_features", "fill": "padding_mode", "first_side": "initial_size", "from": "extend",
    "generator_rate": "generator_lr_factor", "heads": "num_heads", "latent": "latent_dim",
    "least_scale": "min_scale", "max_bad": "max_bad_fraction", "memory": "buffer_size",
    "middle": "feature_dim", "mirror": "tta_flip", "most_scale": "max_scale",
    "over_clusters": "num_overclusters", "penalise": "regularize", "penalise_layers": "regularize_layers",
    "penalty": "gradient_penalty_weight", "picture_condition": "image_condition_weight",
    "picture_entropy": "image_entropy_weight", "plateau_factor": "reduce_lr_factor",
    "plateau_patience": "reduce_lr_patience", "pool": "pool_size", "rate": "learning_rate",
    "real_label": "real_label_value", "shift": "translate", "shown_score": "score_threshold",
    "soft_sigma": "soft_nms_sigma", "space": "color_space", "steps": "steps_per_iteration",
    "stop_after": "stop_after_epochs", "suppression": "nms", "target_every": "target_update_interval",
    "through": "joint_gradient_scale", "to": "target_domain", "turns": "iterations_per_epoch",
    "updates": "updates_per_iteration", "warm_up": "learning_starts", "zoom": "scale_range",
}  # fmt: skip

FOREIGN = {**KERAS, **LIGHTNING, **ULTRALYTICS, **STABLE_BASELINES, **SCIKIT_LEARN, **PYTORCH, **FORMER}
FOREIGN_FLAGS = {"demand": "require"}  # what is written with two dashes
