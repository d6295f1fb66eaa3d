"""Names of tasks, networks and methods of other libraries, each with the method that is meant here."""

from __future__ import annotations

import re

__all__ = ["NETWORKS", "method_hint"]

NETWORKS = {  # the first letters of the name of a network, and one of these networks
    "cnn": "cnn", "conv": "conv4", "densenet": "densenet-bc-40-12", "gru": "gru", "linear": "linear",
    "lstm": "lstm", "mlp": "mlp", "resnet": "resnet50", "rnn": "rnn", "vgg": "vgg16", "ynetwork": "ynetwork",
}  # fmt: skip
ANSWERS = {  # the method or methods that do what the words at the right name
    "ssd": "yolo objectdetection detection detect detector fasterrcnn rcnn retinanet detr efficientdet boxes",
    "unet, pspnet or fcn": "segmentation segment semanticsegmentation deeplab segformer maskrcnn segnet "
    "masks",
    "iic": "cluster clustering kmeans kmean dbscan gmm deepcluster unsupervised",
    "classify": "classification classifier imageclassification logistic logisticregression randomforest "
    "xgboost svm knn boosting finetune transformer bert vit efficientnet mobilenet inception alexnet",
    "regress": "regression regressor linearregression lasso ridge",
    "forecast": "forecasting forecaster timeseries arima sarima prophet nbeats patchtst dlinear",
    "anomaly": "anomalies anomalydetection anomalydetector outlier outliers",
    "dcgan, wgan-gp or progan": "gan stylegan biggan diffusion ddpm generate generation generator sngan",
    "cgan or acgan": "conditionalgan conditionalgeneration",
    "cyclegan": "pixpix unit munit cut translation imagetranslation styletransfer imagetoimage",
    "vae, cvae or beta-vae": "variationalautoencoder vqvae factorvae",
    "autoencoder": "ae pca embedding embed",
    "denoiser": "denoise denoising dae denoisingautoencoder",
    "colorizer": "colorize colorization color colorisation",
    "dqn": "reinforcement reinforcementlearning rl qlearning ddqn ppo ac dpg sac cartpole gym policygradient",
    "language-model": "lm gpt charrnn nanogpt textgeneration textgenerator nextword markov markovchain cpt",
    "protonet": "fewshot fewshotlearning maml siamese prototypical prototypicalnetworks matchingnet oneshot",
}
VERBS = ("panoptic", "crossval", "sweep", "predict", "evaluate", "inspect")


def method_hint(name: str) -> str:
    """The right method for the name of a task, a network or another method; empty if there is none."""
    word = re.sub(r"[^a-z]", "", name.lower())
    if name in VERBS:
        return f"hibiscus {name} --help: this is a command of its own"
    network = next((net for net in NETWORKS if word in (net, f"{net}cifar", f"{net}bc")), None)
    if network:
        net = name.lower() if word != name.lower() else NETWORKS[network]
        return f"{name} is a network: hibiscus train classify DATA net={net}"
    for methods, words in ANSWERS.items():
        known = words.split()
        if word in known or (len(word) > 3 and word[:-1] in known):  # yolov8n, yolos
            return f"use {methods}"
    return "use ssd" if word.startswith("yolo") else ""
