"""The catalog of metrics: label, unit, direction, and whether values are shown as percentages.

Model selection, the report, the doctor and the command line look metrics up here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

__all__ = ["METRICS", "PATTERNS", "Metric", "MetricPattern", "get_metric"]


@dataclass(frozen=True)
class Metric:
    """A number that describes the quality of a result.

    Args:
        name: as it is returned and stored, without the part (`macro_f1`).
        label: the name used in sentences (`macro F1`).
        unit: the unit after a value, such as `nats`.
        higher_is_better: None if neither direction is better, or if it is unknown.
        percent: whether values are fractions that are shown as percentages.
        description: what it measures, as a phrase; empty for a metric that is not in the catalog.
    """

    name: str
    label: str
    unit: str = ""
    higher_is_better: bool | None = None
    percent: bool = False
    description: str = ""


@dataclass(frozen=True)
class MetricPattern:
    """Metrics whose names contain a class, a size or a domain.

    `{0}` in the label and the description is replaced by the first group of the pattern.
    """

    pattern: str
    metric: Metric

    def match(self, name: str) -> Metric | None:
        """The metric of that name, or None if the name does not match the pattern."""
        match = re.fullmatch(self.pattern, name)
        if match is None:
            return None
        values = [group.replace("_", " ") for group in match.groups()]
        texts = {key: getattr(self.metric, key).format(*values) for key in ("label", "description")}
        return replace(self.metric, name=name, **texts)


def get_metric(name: str) -> Metric:
    """The metric of a name such as `macro_f1` or `test/macro_f1`.

    For an unknown metric, the label is its name, and it has no unit and no direction.
    """
    short = name.rsplit("/", 1)[-1]
    if short in METRICS:
        return METRICS[short]
    matches = (match for pattern in PATTERNS if (match := pattern.match(short)))
    return next(matches, Metric(short, short.replace("_", " ").strip() or short))


def _fraction(name: str, label: str, description: str, higher: bool | None = True) -> Metric:
    return Metric(name, label, "", higher, True, description)


def _up(name: str, label: str, description: str, unit: str = "") -> Metric:
    return Metric(name, label, unit, True, False, description)


def _down(name: str, label: str, description: str, unit: str = "") -> Metric:
    return Metric(name, label, unit, False, False, description)


def _neutral(name: str, label: str, description: str, unit: str = "") -> Metric:
    return Metric(name, label, unit, None, False, description)


# fmt: off
CLASSIFICATION = (
    _fraction("accuracy", "accuracy", "fraction of items whose predicted class equals their label"),
    _fraction("balanced_accuracy", "balanced accuracy", "mean over classes of the recall"),
    _fraction("top1_error", "top-1 error", "fraction of items whose predicted class is wrong", False),
    _fraction("top5_error", "top-5 error",
        "fraction of items whose label is not among the five most likely classes", False),
    _fraction("top5_accuracy", "top-5 accuracy",
        "fraction of items whose label is among the five most likely classes"),
    _fraction("error_rate", "error rate", "fraction of items that are classified wrongly", False),
    _fraction("f1", "F1", "harmonic mean of precision and recall"),
    _fraction("macro_f1", "macro F1", "mean over classes of F1, so that each class counts the same"),
    _fraction("micro_f1", "micro F1", "F1 over all decisions together, so that each item counts the same"),
    _fraction("map", "mAP", "mean over labels of the average precision"),
    _fraction("exact_match", "exact match", "fraction of items all of whose labels are predicted right"),
    _fraction("precision", "precision",
        "fraction of positive predictions that are right, or of samples that lie among real images"),
    _fraction("recall", "recall",
        "fraction of positive items that are found, or of real images that lie among samples"),
    _fraction("specificity", "specificity", "fraction of negative items that are classified as negative"),
    _down("nll", "negative log-likelihood",
        "mean negative logarithm of the probability of the truth", "nats"),
    _down("ece", "expected calibration error",
        "mean difference between confidence and accuracy over confidence bins"),
    _down("brier", "Brier score", "squared difference between predicted probabilities and the label"),
    _up("auc", "AUC", "area under the ROC curve"),
    _up("roc_auc", "ROC AUC", "probability that an item of a class scores higher than one of another class"),
    _up("average_precision", "average precision", "area under the precision-recall curve of a class"),
    _up("kappa", "Cohen’s κ", "agreement of predictions and labels beyond chance"),
    _up("mcc", "Matthews correlation", "correlation of predicted and true classes"),
)
REGRESSION = (
    _down("mae", "mean absolute error", "mean absolute difference between prediction and target"),
    _down("median_ae", "median absolute error", "median absolute difference between prediction and target"),
    _down("mse", "mean squared error", "mean squared difference between prediction and target"),
    _down("rmse", "root mean squared error",
        "root of the mean squared difference between prediction and target"),
    _down("mape", "mean absolute percentage error", "mean absolute error relative to the target"),
    _down("smape", "symmetric MAPE", "mean absolute error relative to the mean of prediction and target"),
    _down("mase", "MASE", "mean absolute error relative to that of a naive forecast"),
    _down("crps", "CRPS", "continuous ranked probability score of a predicted distribution"),
    _up("r2", "R²", "fraction of the variance of the target that the predictions explain"),
    _up("skill", "skill score", "improvement over a reference forecast; 1 is perfect, 0 is no improvement"),
)
GENERATION = (
    _down("frechet", "Fréchet distance",
        "distance between normal distributions fitted to features of real and generated images"),
    _neutral("frechet_floor", "Fréchet distance of training images",
        "Fréchet distance of equally many real training images, a floor for any generator"),
    _neutral("frechet_items", "items compared", "number of real and of generated items that are compared"),
    _down("fid", "FID", "Fréchet distance in the features of Inception"),
    _down("kid", "KID", "kernel distance in the features of Inception"),
    _down("kernel_distance", "kernel distance",
        "squared maximum mean discrepancy of features; about 0 for samples of one distribution"),
    _down("sliced_wasserstein", "sliced Wasserstein distance", "distance along random directions"),
    _neutral("sliced_wasserstein_floor", "sliced Wasserstein of training items", "floor of a generator"),
    _down("ks_mean", "mean Kolmogorov-Smirnov distance", "difference of the distributions of a column"),
    _down("ks_max", "largest Kolmogorov-Smirnov distance", "that of the worst column"),
    _down("correlation_error", "correlation error", "mean absolute difference of correlations of columns"),
    _neutral("density", "density",
        "how densely real images surround the generated ones; about 1 for real images"),
    _fraction("coverage", "coverage", "fraction of real images with a generated image in their neighborhood"),
    _neutral("diversity", "diversity",
        "spread of the samples relative to real images; 0 if all are equal, 1 as for real images"),
    _neutral("novelty", "novelty",
        "distance to the nearest training image, relative to new real images; 0 for copies"),
    _up("classes_found", "classes found", "number of classes that a classifier finds among the samples"),
    _fraction("min_class_share", "share of the rarest class",
        "fraction of samples that a classifier assigns to the rarest class"),
    _fraction("conditional_accuracy", "conditional accuracy",
        "fraction of samples that a classifier assigns to the class of their condition"),
    _fraction("classifier_accuracy", "accuracy of the classifier on real images",
        "reliability of the classifier that is used to evaluate samples", None),
    _fraction("classifier_confidence", "confidence of the classifier",
        "mean probability of the predicted class of a generated image"),
    _fraction("encoder_accuracy", "encoder accuracy", "accuracy of a stacked GAN's encoder on real images"),
    _down("cycle_error", "cycle error",
        "mean absolute difference between an image and its translation to the other domain and back"),
)
LIKELIHOOD = (
    _down("neg_elbo", "negative ELBO", "an upper bound on the negative log-likelihood of an image", "nats"),
    _down("kl", "KL divergence", "divergence of the approximate posterior from the prior", "nats"),
    _down("reconstruction", "reconstruction loss", "reconstruction term of the objective"),
    _down("bpd", "bits per dimension", "negative log-likelihood of a pixel value in bits", "bits"),
    _neutral("active_units", "active latent units", "number of latent components that vary with the input"),
    _up("mig", "mutual information gap (MIG)",
        "mutual information of each factor with its best component minus that with the second best"),
    _up("factor_vae_score", "FactorVAE score",
        "accuracy of predicting the fixed factor from the component of least variance"),
    _up("disentanglement", "DCI disentanglement", "whether each latent component describes one factor"),
    _up("completeness", "DCI completeness", "whether each factor is described by one latent component"),
    _up("informativeness", "DCI informativeness",
        "how well the factors can be predicted from the latent code"),
)
IMAGES = (
    _down("l1_error", "L1 error", "mean absolute difference of pixels, as a fraction of the full scale"),
    _up("psnr", "PSNR", "peak signal-to-noise ratio of the image", "dB"),
    _up("ssim", "SSIM", "structural similarity of the image and its target"),
    _down("delta_e", "color difference ΔE (CIEDE2000)",
        "perceived difference between the colors of the image and its target"),
    _neutral("colorfulness", "colorfulness", "mean chroma of the pixels"),
    _neutral("target_colorfulness", "colorfulness of the targets",
        "mean chroma of the pixels of the target images"),
)
DETECTION_AND_SEGMENTATION = (
    _fraction("map50", "mAP at IoU 0.5", "mean over classes of the average precision at IoU 0.5"),
    _fraction("map75", "mAP at IoU 0.75", "mean over classes of the average precision at IoU 0.75"),
    _fraction("map50_95", "mAP at IoU 0.5–0.95",
        "mean average precision over classes and the IoU thresholds 0.50, 0.55 … 0.95"),
    _fraction("voc_ap50", "VOC AP at IoU 0.5",
        "mean average precision at IoU 0.5 as the VOC evaluation defines it"),
    _fraction("iou", "IoU",
        "area shared by prediction and ground truth divided by the area that they cover together"),
    _fraction("matched_iou", "mean IoU of matched boxes",
        "mean IoU of the predicted boxes that match an object"),
    _fraction("miou", "mean IoU", "mean over classes of the intersection over union"),
    _fraction("dice", "mean Dice", "mean over classes of the Dice coefficient"),
    _fraction("pixel_accuracy", "pixel accuracy", "fraction of pixels whose predicted class is right"),
    _fraction("image_accuracy", "pixel accuracy, mean over images", "mean over images of the pixel accuracy"),
    _fraction("image_miou", "mean IoU, mean over images",
        "mean over images of the mean IoU of the classes present"),
    _fraction("pq", "panoptic quality", "product of segmentation and recognition quality"),
    _fraction("sq", "segmentation quality", "mean IoU of matched segments"),
    _fraction("rq", "recognition quality", "F1 of matching segments"),
)
CLUSTERING_AND_CONTROL = (
    _fraction("cluster_accuracy", "cluster accuracy",
        "accuracy after the best one-to-one assignment of clusters to classes"),
    _fraction("real_cluster_accuracy", "cluster accuracy on real images",
        "cluster accuracy of the inferred code of real images"),
    _up("nmi", "normalized mutual information", "mutual information of clusters and classes, from 0 to 1"),
    _up("real_nmi", "normalized mutual information on real images",
        "mutual information of the inferred code of real images and their labels"),
    _up("ari", "adjusted Rand index", "agreement of two clusterings beyond chance"),
    _up("ami", "adjusted mutual information", "mutual information of two clusterings beyond chance"),
    _up("mutual_information", "mutual information",
        "mutual information of the cluster assignments of images and their augmented copies", "nats"),
    _up("return", "return", "sum of the rewards of an episode"),
    _up("mean_return", "mean return", "mean over episodes of the sum of rewards"),
    _up("median_return", "median return", "median over episodes of the sum of rewards"),
    _up("min_return", "lowest return", "sum of rewards of the worst episode"),
    _up("recent_return", "mean return of recent episodes",
        "mean return of the last training episodes, including exploration"),
    _neutral("return_interval", "95 % confidence interval of the mean return",
        "half the width of the interval, from the normal approximation"),
    _neutral("mean_steps", "mean episode length", "mean number of steps of an episode"),
    _neutral("solved_threshold", "solved threshold", "mean return that counts as solving the environment"),
    _neutral("value", "action value", "mean predicted value of the actions taken"),
)
TRAINING = (
    _down("loss", "loss", "objective minimized in training"),
    _down("error", "error", "error minimized in training"),
    _fraction("class_accuracy", "class accuracy",
        "accuracy of the class output of the discriminator on real images"),
    _fraction("feature_accuracy", "accuracy on features",
        "fraction of features that the discriminator classifies correctly", None),
    _down("label_nll", "negative log-likelihood of the categorical code",
        "loss of inferring the categorical code", "nats"),
    _down("code_nll", "negative log-likelihood of the continuous code",
        "loss of inferring the continuous code", "nats"),
    _neutral("distance", "critic’s distance estimate",
        "difference of the critic’s means on real and generated images"),
    _neutral("penalty", "gradient penalty", "term that keeps the norm of the critic’s gradient close to 1"),
    _up("bleu", "BLEU", "overlap of n-grams with reference translations"),
    _up("chrf", "chrF", "overlap of character n-grams with reference translations"),
    _down("nats_per_token", "loss per token", "mean of -log p of the next token", "nats"),
    _down("bits_per_character", "bits per character", "-log2 p of a text, per character", "bits"),
    _down("perplexity", "perplexity", "reciprocal of the geometric mean probability of the next token"),
    _fraction("context_accuracy", "context accuracy", "contexts that score above a word of like frequency"),
    _fraction("token_accuracy", "token accuracy", "fraction of tokens that are predicted correctly"),
)
GROUPS = (
    *(CLASSIFICATION, REGRESSION, GENERATION, LIKELIHOOD, IMAGES),
    *(DETECTION_AND_SEGMENTATION, CLUSTERING_AND_CONTROL, TRAINING),
)
METRICS: dict[str, Metric] = {metric.name: metric for group in GROUPS for metric in group}

PATTERNS = (
    MetricPattern(r"iou_(.+)",
        _fraction("iou_CLASS", "IoU of {0}", "intersection over union of the class")),
    MetricPattern(r"few_shot_(\d+)way_(\d+)shot",
        _fraction("few_shot_Nway_Kshot", "{0}-way {1}-shot accuracy",
            "mean accuracy over episodes of {0} classes with {1} examples each")),
    MetricPattern(r"few_shot_(\d+)way_(\d+)shot_interval",
        _fraction("few_shot_Nway_Kshot_interval", "95 % confidence interval of the {0}-way {1}-shot accuracy",
            "half the width of the interval over episodes", None)),
    *(MetricPattern(rf"nll_{kind}_(\d+)is",
        _down("nll_PIXELS_Kis", f"negative log-likelihood, {words} pixels, {{0}} importance samples",
            "an estimate of the negative log-likelihood of an image by importance sampling", "nats"))
        for kind, words in (("dynamic", "dynamically binarized"), ("static", "statically binarized"),
            ("8bit", "8-bit"))),
    MetricPattern(r"(.+)_correlation",
        _up("ATTRIBUTE_correlation", "correlation of the code with {0}",
            "largest correlation of a code with the attribute, within labels")),
    *(MetricPattern(rf"{name}_(external|pretrained)",
        replace(METRICS[name], name=f"{name}_NETWORK", label=METRICS[name].label + ", {0} features",
            description=METRICS[name].description + ", in the features of another network"))
        for name in ("frechet", "frechet_floor", "kernel_distance")),
    MetricPattern(r"frechet_to_(.+)",
        _down("frechet_to_DOMAIN", "Fréchet distance, translation to {0}",
            "distance between translated and real images of the domain")),
    MetricPattern(r"domain_accuracy_(.+)",
        _fraction("domain_accuracy_DOMAIN", "domain accuracy, translation to {0}",
            "fraction of translated images classified as their original label")),
    MetricPattern(r"map_(small|medium|large)",
        _fraction("map_SIZE", "mAP of {0} objects",
            "mean average precision over IoU thresholds, of {0} objects alone")),
    MetricPattern(r"ar_(small|medium|large)",
        _fraction("ar_SIZE", "average recall of {0} objects",
            "average recall over IoU thresholds, of {0} objects alone")),
    MetricPattern(r"ar(\d+)",
        _fraction("arN", "average recall, {0} per image",
            "average recall over IoU thresholds, limited to {0} per image")),
    *(MetricPattern(rf"{name}_(things|stuff)",
        _fraction(f"{name}_KIND", f"{words} quality of {{0}}", f"{words} quality over {{0}} classes"))
        for name, words in (("pq", "panoptic"), ("sq", "segmentation"), ("rq", "recognition"))),
)
# fmt: on
