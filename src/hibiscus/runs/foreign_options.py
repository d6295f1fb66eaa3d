"""Option names of other libraries and of earlier versions of Hibiscus, each with the name that is used here.

None of them is accepted: an option under such a name is answered with the right one.
"""

from __future__ import annotations

from hibiscus.run_format import DATA_OPTIONS, OPTIONS

__all__ = ["ADVICE", "FOREIGN", "FOREIGN_FLAGS", "SEVERAL", "VALUES"]

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
    "zdim": "latent_dim", "arch": "net", "architecture": "net", "backbone": "net", "dropout": "net.dropout",
    "hidden": "net.hidden", "hidden_size": "net.units", "units": "net.units", "label": "target",
    "labels": "target", "y": "target", "target_column": "target", "size": "image_size",
    "input_size": "image_size", "resize": "image_size", "class_weight": "loss",
    "threshold": "score_threshold", "optim": "optimizer", "lr_schedule": "schedule", "gpu": "device",
    "gpus": "device", "cuda": "device", "horizontal_flip": "flip", "rotation_range": "rotation",
}  # fmt: skip
ACCEPTED = {"discount", "optimiser"}  # former names that are aliases now
FORMER = {**OPTIONS, **DATA_OPTIONS, "amount": "noise_std", "from": "extend"}
FORMER = {name: right for name, right in FORMER.items() if name not in ACCEPTED}

SEVERAL = {  # the name depends on the method
    "class_weights": ("class_weight", "loss"),
    "sampler": ("sampling",),
    **dict.fromkeys(("augmentation", "augmentations", "data_augmentation", "transforms"), ("augment",)),
    "warm_up": ("learning_starts", "kl_warmup_fraction"),
    "warmup": ("kl_warmup_fraction", "learning_starts"),
}

FOREIGN = {**KERAS, **LIGHTNING, **ULTRALYTICS, **STABLE_BASELINES, **SCIKIT_LEARN, **PYTORCH, **FORMER}
FOREIGN_FLAGS = {  # what is written with two dashes
    "demand": "require", "gpu": "device cuda", "o": "out", "output": "out", "output-dir": "out",
    "save-dir": "out", "silent": "quiet", "q": "quiet", "verbose": "debug", "random-state": "seed",
}  # fmt: skip
_TRANSFORMATIONS = "one option for each transformation, such as flip=true (hibiscus train METHOD --help)"
_FOLDER = "write the run folder as --out FOLDER"
_WEIGHTS = (
    "transfer=fine-tune, features or frozen starts from a pretrained base (images, classify and regress)"
)
ADVICE = {  # what a word means that is no option under another name either
    **dict.fromkeys(("augment", "augmentation", "augmentations", "data_augmentation"), _TRANSFORMATIONS),
    "transforms": _TRANSFORMATIONS,
    **dict.fromkeys(("pretrained", "weights", "imagenet", "finetune", "fine_tune", "freeze"), _WEIGHTS),
    **dict.fromkeys(("save_dir", "output", "output_dir", "out_dir", "model_dir"), _FOLDER),
    **dict.fromkeys(("log_dir", "logdir", "project"), _FOLDER),
    **dict.fromkeys(("num_workers", "workers", "pin_memory", "shuffle"),
                    "leave it out: images are decoded once, and batches are always shuffled"),
    "verbose": "leave it out; --quiet prints only errors",
    "env": "write the environment as DATA: hibiscus train dqn gym:CartPole-v1",
    "folds": "hibiscus crossval METHOD DATA folds=5",
    "cv": "hibiscus crossval METHOD DATA folds=5",
    "resume": "hibiscus resume RUN",
    "config": "write --config FILE.yaml",
}  # fmt: skip
VALUES = {  # by option: a value of other libraries, and what comes nearest here
    "loss": {"ce": "cross-entropy", "crossentropy": "cross-entropy", "weighted": "balanced", "l2": "mse",
             "l1": "mae", "bce": "cross-entropy", "categorical_crossentropy": "cross-entropy"},
    "optimizer": {"momentum": "sgd", "nesterov": "sgd", "adamax": "adam", "nadam": "adam",
                  "adagrad": "rmsprop", "adadelta": "rmsprop", "lion": "adamw"},
    "precision": {"16": "bfloat16", "fp16": "bfloat16", "float16": "bfloat16", "half": "bfloat16",
                  "mixed": "auto", "bf16-mixed": "bfloat16", "16-mixed": "bfloat16", "32": "float32"},
    "schedule": {"cosineannealing": "cosine", "step": "steps", "multistep": "steps", "none": "constant",
                 "exponential": "cosine", "onecycle": "one-cycle", "onecyclelr": "one-cycle"},
    "split": {"random": "hash", "temporal": "time", "groups": "group"},
}  # fmt: skip
