"""Option names of other libraries and of earlier versions of Hibiscus, each with the name that is used here.

None of them is accepted: an option under such a name is answered with the right one.
"""

from __future__ import annotations

from hibiscus.run_format import DATA_OPTIONS, OPTIONS

__all__ = ["FOREIGN", "FOREIGN_FLAGS"]

KERAS = {
    "batch_normalization": "batch_norm", "beta_1": "beta1", "beta_2": "beta2", "clipnorm": "clip_grad_norm",
    "clipvalue": "clip_grad_value",
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
ACCEPTED = {"discount", "optimiser"}  # former names that are aliases now
FORMER = {**OPTIONS, **DATA_OPTIONS, "amount": "noise_std", "from": "extend", "warm_up": "learning_starts"}
FORMER = {name: right for name, right in FORMER.items() if name not in ACCEPTED}

FOREIGN = {**KERAS, **LIGHTNING, **ULTRALYTICS, **STABLE_BASELINES, **SCIKIT_LEARN, **PYTORCH, **FORMER}
FOREIGN_FLAGS = {"demand": "require"}  # what is written with two dashes
