"""For each option of a method another value than its trial's, and what has to be set beside it for the option
to act.
"""

from __future__ import annotations

from typing import get_args

from hibiscus.runs.options import build_options

ADAM = {"optimizer": "adam"}
KNOWN = {  # option, or (method, option): its other value, and others beside it
    "net_options": ({"hidden": [17]}, {}),
    "regularize": ("bias", {"l2": 0.1}),
    "regularize_layers": ("*1*", {"l2": 0.1}),
    "max_norm": (0.1, {}),
    "weight_clip": (0.01, {}),
    "padding_mode": ("zero", {"translate": 0.3}),
    "augment": ("light", {}),
    "label_smoothing": (0.1, {}),
    "focal_gamma": (1.0, {"loss": "focal"}),
    "huber_delta": (0.1, {"loss": "huber"}),
    "metric_features": (None, {}),  # acts in the last measuring; tests/evaluation/test_external_features.py
    # The smoke tests have options of a network from scratch: tests/methods/test_pretrained_backbone.py
    **{name: (None, {}) for name in ("backbone", "backbone_lr_factor", "decoder_filters", "unfreeze")},
    "beta1": (0.3, ADAM),
    "beta2": (0.3, ADAM),
    "real_label_value": (0.9, {}),
    "filters": (33, {"net": "cnn"}),
    "depth": (0, {}),
    "kernel_size": (5, {}),
    "likelihood": ("gaussian", {}),
    "noise_mean": (0.5, {"noise": "gaussian"}),
    "noise_std": (0.25, {"noise": "gaussian"}),
    "noise_fraction": (0.3, {"noise": "masking"}),
    # act with a pretrained base; tests/methods/test_transfer_stages.py
    **dict.fromkeys(("transfer", "unfreeze", "layer_decay", "head_epochs", "head_lr_factor"), (None, {})),
    # act on texts; tests/methods/test_token_dropout.py, tests/runs/test_open_vectors.py
    **dict.fromkeys(("token_dropout", "word_vectors", "tune_vectors"), (None, {})),
    "ensemble": (2, {"net": "realmlp", "net_options": {"hidden": [16]}, "ensemble": 3}),
    ("regress", "net"): ("realmlp", {}),
    ("classify", "focal_alpha"): (
        None,
        {},
    ),  # acts where there are two classes; tests/methods/test_classify.py
    # acts where there are two classes; tests/methods/classify/test_decisions.py
    ("classify", "threshold"): (None, {}),
    ("wgan", "batch_norm"): (None, {}),  # acts in images above 16 pixels; tests/methods/gan/test_wgan.py
    ("wgan", "weight_clip"): (0.005, {}),
    ("gan-1d", "critic_steps"): (1, {}),
    ("gan-1d", "ema_decay"): (0.01, {}),
    ("gan-1d", "net"): (None, {}),  # numbers of a table: mlp is what there is for them
    ("pix2pix", "adversarial_weight"): (50.0, {}),  # beside an L1 loss of 100
    ("cyclegan", "semantic_weight"): (1.0, {"semantic_weight": 0.25, "max_rounds": 0}),
    ("cyclegan", "semantic_epochs"): (3, {"semantic_weight": 1.0, "semantic_epochs": 2}),
    ("progan", "initial_size"): (4, {}),
    ("progan", "width"): (32, {}),
    ("progan", "ema_decay"): (0.01, {}),
    ("dqn", "net"): (None, {}),  # four numbers: mlp is what there is for them
    ("iic", "net"): ("cnn", {"net_options": {}}),
    ("iic", "num_clusters"): (4, {}),
    ("iic", "entropy_weight"): (2.0, {}),
    ("unet", "depth"): (1, {}),
    ("unet", "tta_flip"): (
        True,
        {"learning_rate": 1e-3},
    ),  # at its own rate six rounds make all pixels ground
    **{(name, "ema_decay"): (0.01, {}) for name in ("unet", "fcn", "pspnet", "ssd")},
    ("fcn", "levels"): (1, {}),
    ("seq2seq", "label_smoothing"): (0.3, {}),
    ("seq2seq", "ema_decay"): (0.01, {}),
    ("seq2seq", "width"): (24, {}),
    ("seq2seq", "attention_heads"): (2, {}),
    ("seq2seq", "feedforward"): (9, {}),
    ("seq2seq", "beam_size"): (1, {}),
    ("seq2seq", "length_penalty"): (
        None,
        {},
    ),  # acts in trained networks; tests/methods/text/test_decoded_texts.py
    ("ssd", "backbone"): ("own", {}),
    ("ssd", "levels"): (1, {}),
    ("ssd", "width"): (0.125, {}),
    ("ssd", "depth"): (29, {}),
    ("ssd", "finest_stride"): (4, {}),
    ("ssd", "min_scale"): (0.3, {"anchors": "paper"}),
    ("ssd", "max_scale"): (0.8, {"anchors": "paper"}),
    ("ssd", "zoom_out"): (3.0, {}),
    ("ssd", "soft_nms_sigma"): (0.1, {"nms": "soft"}),
    ("ssd", "soft_nms"): ("linear", {"nms": "soft"}),
    ("ssd", "offset_deviations"): ((0.2, 0.2, 0.4, 0.4), {}),
    ("ssd", "smooth_l1_sigma"): (3.0, {}),
    ("ssd", "clip_grad_norm"): (1e-3, {}),
    ("fcn", "filters"): (9, {}),
    ("pspnet", "filters"): (9, {}),
    ("dqn", "steps_per_iteration"): (40, {}),
    ("dqn", "learning_starts"): (60, {}),
    ("dqn", "buffer_size"): (20, {}),
    ("dqn", "exploration_fraction"): (1.0, {}),
    ("dqn", "final_epsilon"): (0.9, {}),
    ("iic", "num_heads"): (3, {}),
    ("protonet", "net"): ("mlp", {"net_options": {}}),
    ("protonet", "net_options"): ({"filters": 9}, {}),
    ("protonet", "rotate_classes"): (False, {}),
    ("protonet", "embedding_dim"): (9, {"net": "mlp", "net_options": {}}),
    ("protonet", "eval_way"): (None, {}),  # two classes are all that its validation part holds
    ("language-model", "attention_heads"): (
        1,
        {"net": "transformer", "embedding_dim": None, "attention_heads": 2},
    ),
    ("forecast", "net"): ("mlp", {}),
    ("forecast", "net_options"): ({"hidden": (9,)}, {"net": "mlp", "net_options": {}}),
    ("forecast", "instance_norm"): (True, {}),
    ("forecast", "quantiles"): ((0.3, 0.5, 0.7), {}),
    ("anomaly", "net"): ("linear", {}),
    ("anomaly", "net_options"): ({"hidden": (9,)}, {}),
    ("anomaly", "latent_dim"): (2, {"score": "reconstruction"}),
    ("anomaly", "anomalies"): (None, {}),  # acts in the test part; tests/methods/series/test_anomaly.py
    ("anomaly", "false_alarm_rate"): (0.6, {}),
    ("anomaly", "smoothing"): (5, {"smoothing": 1}),
    ("anomaly", "merge"): (None, {}),  # acts between two events; tests/evaluation/test_scored_series.py
    ("classify", "net"): ("cnn", {"net_options": {}}),
    ("vae", "net"): ("cnn", {}),
    ("cvae", "net"): ("cnn", {}),
    ("beta-vae", "net"): ("cnn", {}),
    ("denoiser", "latent_dim"): (17, {"net": "cnn"}),
    ("denoiser", "hidden"): (33, {"net": "cnn"}),
    ("colorizer", "latent_dim"): (17, {"net": "cnn"}),
    ("colorizer", "hidden"): (33, {"net": "cnn"}),
    ("stackedgan", "joint"): (False, {"max_rounds": 0}),
    ("stackedgan", "joint_gradient_scale"): (1.0, {"max_rounds": 0}),
}
OF_IMAGES = (
    "translate", "flip", "rotation", "scale_range", "shear", "brightness", "contrast", "padding_mode",
    "augment", "crop", "vertical_flip", "cutout",
    "tta_flip",
)  # fmt: skip


def otherwise(kind, name):
    """Another value of an option, and the options beside it; None where the trial's data leave no other.

    What is not known by name follows from the type: the other truth, another word, one more, half as much, a
    quarter for nothing.
    """
    if (kind.name, name) in KNOWN or name in KNOWN:
        return KNOWN.get((kind.name, name), KNOWN.get(name))
    field, value = (
        kind.Config.model_fields[name],
        build_options(kind.Config, kind.smoke_test.options).model_dump()[name],
    )
    if isinstance(value, bool):
        return not value, {}
    words = [
        word
        for part in (field.annotation, *get_args(field.annotation))
        for word in get_args(part)
        if isinstance(word, str)
    ]
    if words:
        return next(word for word in words if word != value), {}
    if isinstance(value, int):
        return value + 1, {}
    return (value / 2 if value else 0.25), {}
