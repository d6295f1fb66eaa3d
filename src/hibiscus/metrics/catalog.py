"""The catalog of metrics: label, unit, direction, and whether values are shown as percentages.

Model selection, the report, the doctor and the command line look metrics up here.
"""

from __future__ import annotations

from dataclasses import replace

from hibiscus.metrics.anomaly_entries import ANOMALIES
from hibiscus.metrics.entries import Metric, MetricPattern, down, fraction, neutral, up
from hibiscus.metrics.forecast_entries import FORECAST_PATTERNS, FORECASTING

__all__ = ["METRICS", "PATTERNS", "Metric", "MetricPattern", "get_metric"]


def get_metric(name: str) -> Metric:
    """The metric of a name such as `macro_f1` or `test/macro_f1`.

    For an unknown metric, the label is its name, and it has no unit and no direction.
    """
    short = name.rsplit("/", 1)[-1]
    if short in METRICS:
        return METRICS[short]
    matches = (match for pattern in PATTERNS if (match := pattern.match(short)))
    return next(matches, Metric(short, short.replace("_", " ").strip() or short))


# fmt: off
CLASSIFICATION = (
    fraction("accuracy", "accuracy", "fraction of items whose predicted class equals their label"),
    fraction("balanced_accuracy", "balanced accuracy", "mean over classes of the recall"),
    fraction("top1_error", "top-1 error", "fraction of items whose predicted class is wrong", False),
    fraction("top5_error", "top-5 error",
        "fraction of items whose label is not among the five most likely classes", False),
    fraction("top5_accuracy", "top-5 accuracy",
        "fraction of items whose label is among the five most likely classes"),
    fraction("error_rate", "error rate", "fraction of items that are classified wrongly", False),
    fraction("f1", "F1", "harmonic mean of precision and recall"),
    fraction("macro_f1", "macro F1", "mean over classes of F1, so that each class counts the same"),
    fraction("micro_f1", "micro F1", "F1 over all decisions together, so that each item counts the same"),
    fraction("map", "mAP", "mean over labels of the average precision"),
    fraction("exact_match", "exact match", "fraction of items all of whose labels are predicted right"),
    fraction("precision", "precision",
        "fraction of positive predictions that are right, or of samples that lie among real images"),
    fraction("recall", "recall",
        "fraction of positive items that are found, or of real images that lie among samples"),
    fraction("specificity", "specificity", "fraction of negative items that are classified as negative"),
    down("nll", "negative log-likelihood",
        "mean negative logarithm of the probability of the truth", "nats"),
    down("ece", "expected calibration error",
        "mean difference between confidence and accuracy over confidence bins"),
    down("brier", "Brier score", "squared difference between predicted probabilities and the label"),
    up("auc", "AUC", "area under the ROC curve"),
    up("roc_auc", "ROC AUC", "probability that an item of a class scores higher than one of another class"),
    up("average_precision", "average precision", "area under the precision-recall curve of a class"),
    up("kappa", "Cohen’s κ", "agreement of predictions and labels beyond chance"),
    up("mcc", "Matthews correlation", "correlation of predicted and true classes"),
)
REGRESSION = (
    down("mae", "mean absolute error", "mean absolute difference between prediction and target"),
    down("median_ae", "median absolute error", "median absolute difference between prediction and target"),
    down("mse", "mean squared error", "mean squared difference between prediction and target"),
    down("rmse", "root mean squared error",
        "root of the mean squared difference between prediction and target"),
    up("r2", "R²", "fraction of the variance of the target that the predictions explain"),
)
GENERATION = (
    down("frechet", "Fréchet distance",
        "distance between normal distributions fitted to features of real and generated images"),
    neutral("frechet_floor", "Fréchet distance of training images",
        "Fréchet distance of equally many real training images, a floor for any generator"),
    neutral("frechet_items", "items compared", "number of real and of generated items that are compared"),
    down("fid", "FID", "Fréchet distance in the features of Inception"),
    down("kid", "KID", "kernel distance in the features of Inception"),
    down("kernel_distance", "kernel distance",
        "squared maximum mean discrepancy of features; about 0 for samples of one distribution"),
    down("sliced_wasserstein", "sliced Wasserstein distance", "distance along random directions"),
    neutral("sliced_wasserstein_floor", "sliced Wasserstein of training items", "floor of a generator"),
    down("ks_mean", "mean Kolmogorov-Smirnov distance", "difference of the distributions of a column"),
    down("ks_max", "largest Kolmogorov-Smirnov distance", "that of the worst column"),
    down("correlation_error", "correlation error", "mean absolute difference of correlations of columns"),
    neutral("density", "density",
        "how densely real images surround the generated ones; about 1 for real images"),
    fraction("coverage", "coverage", "fraction of real images with a generated image in their neighborhood"),
    neutral("diversity", "diversity",
        "spread of the samples relative to real images; 0 if all are equal, 1 as for real images"),
    neutral("novelty", "novelty",
        "distance to the nearest training image, relative to new real images; 0 for copies"),
    up("classes_found", "classes found", "number of classes that a classifier finds among the samples"),
    fraction("min_class_share", "share of the rarest class",
        "fraction of samples that a classifier assigns to the rarest class"),
    fraction("conditional_accuracy", "conditional accuracy",
        "fraction of samples that a classifier assigns to the class of their condition"),
    fraction("classifier_accuracy", "accuracy of the classifier on real images",
        "reliability of the classifier that is used to evaluate samples", None),
    fraction("classifier_confidence", "confidence of the classifier",
        "mean probability of the predicted class of a generated image"),
    fraction("encoder_accuracy", "encoder accuracy", "accuracy of a stacked GAN's encoder on real images"),
    down("cycle_error", "cycle error",
        "mean absolute difference between an image and its translation to the other domain and back"),
)
LIKELIHOOD = (
    down("neg_elbo", "negative ELBO", "an upper bound on the negative log-likelihood of an image", "nats"),
    down("kl", "KL divergence", "divergence of the approximate posterior from the prior", "nats"),
    down("reconstruction", "reconstruction loss", "reconstruction term of the objective"),
    down("bpd", "bits per dimension", "negative log-likelihood of a pixel value in bits", "bits"),
    neutral("active_units", "active latent units", "number of latent components that vary with the input"),
    up("mig", "mutual information gap (MIG)",
        "mutual information of each factor with its best component minus that with the second best"),
    up("factor_vae_score", "FactorVAE score",
        "accuracy of predicting the fixed factor from the component of least variance"),
    up("disentanglement", "DCI disentanglement", "whether each latent component describes one factor"),
    up("completeness", "DCI completeness", "whether each factor is described by one latent component"),
    up("informativeness", "DCI informativeness",
        "how well the factors can be predicted from the latent code"),
)
IMAGES = (
    down("l1_error", "L1 error", "mean absolute difference of pixels, as a fraction of the full scale"),
    up("psnr", "PSNR", "peak signal-to-noise ratio of the image", "dB"),
    up("ssim", "SSIM", "structural similarity of the image and its target"),
    down("delta_e", "color difference ΔE (CIEDE2000)",
        "perceived difference between the colors of the image and its target"),
    neutral("colorfulness", "colorfulness", "mean chroma of the pixels"),
    neutral("target_colorfulness", "colorfulness of the targets",
        "mean chroma of the pixels of the target images"),
)
DETECTION_AND_SEGMENTATION = (
    fraction("map50", "mAP at IoU 0.5", "mean over classes of the average precision at IoU 0.5"),
    fraction("map75", "mAP at IoU 0.75", "mean over classes of the average precision at IoU 0.75"),
    fraction("map50_95", "mAP at IoU 0.5–0.95",
        "mean average precision over classes and the IoU thresholds 0.50, 0.55 … 0.95"),
    fraction("voc_ap50", "VOC AP at IoU 0.5",
        "mean average precision at IoU 0.5 as the VOC evaluation defines it"),
    fraction("iou", "IoU",
        "area shared by prediction and ground truth divided by the area that they cover together"),
    fraction("matched_iou", "mean IoU of matched boxes",
        "mean IoU of the predicted boxes that match an object"),
    fraction("miou", "mean IoU", "mean over classes of the intersection over union"),
    fraction("dice", "mean Dice", "mean over classes of the Dice coefficient"),
    fraction("pixel_accuracy", "pixel accuracy", "fraction of pixels whose predicted class is right"),
    fraction("image_accuracy", "pixel accuracy, mean over images", "mean over images of the pixel accuracy"),
    fraction("image_miou", "mean IoU, mean over images",
        "mean over images of the mean IoU of the classes present"),
    fraction("pq", "panoptic quality", "product of segmentation and recognition quality"),
    fraction("sq", "segmentation quality", "mean IoU of matched segments"),
    fraction("rq", "recognition quality", "F1 of matching segments"),
)
CLUSTERING_AND_CONTROL = (
    fraction("cluster_accuracy", "cluster accuracy",
        "accuracy after the best one-to-one assignment of clusters to classes"),
    fraction("real_cluster_accuracy", "cluster accuracy on real images",
        "cluster accuracy of the inferred code of real images"),
    up("nmi", "normalized mutual information", "mutual information of clusters and classes, from 0 to 1"),
    up("real_nmi", "normalized mutual information on real images",
        "mutual information of the inferred code of real images and their labels"),
    up("ari", "adjusted Rand index", "agreement of two clusterings beyond chance"),
    up("ami", "adjusted mutual information", "mutual information of two clusterings beyond chance"),
    up("mutual_information", "mutual information",
        "mutual information of the cluster assignments of images and their augmented copies", "nats"),
    up("return", "return", "sum of the rewards of an episode"),
    up("mean_return", "mean return", "mean over episodes of the sum of rewards"),
    up("median_return", "median return", "median over episodes of the sum of rewards"),
    up("min_return", "lowest return", "sum of rewards of the worst episode"),
    up("recent_return", "mean return of recent episodes",
        "mean return of the last training episodes, including exploration"),
    neutral("return_interval", "95 % confidence interval of the mean return",
        "half the width of the interval, from the normal approximation"),
    neutral("mean_steps", "mean episode length", "mean number of steps of an episode"),
    neutral("solved_threshold", "solved threshold", "mean return that counts as solving the environment"),
    neutral("value", "action value", "mean predicted value of the actions taken"),
)
TRAINING = (
    down("loss", "loss", "objective minimized in training"),
    down("error", "error", "error minimized in training"),
    fraction("class_accuracy", "class accuracy",
        "accuracy of the class output of the discriminator on real images"),
    fraction("feature_accuracy", "accuracy on features",
        "fraction of features that the discriminator classifies correctly", None),
    down("label_nll", "negative log-likelihood of the categorical code",
        "loss of inferring the categorical code", "nats"),
    down("code_nll", "negative log-likelihood of the continuous code",
        "loss of inferring the continuous code", "nats"),
    neutral("distance", "critic’s distance estimate",
        "difference of the critic’s means on real and generated images"),
    neutral("penalty", "gradient penalty", "term that keeps the norm of the critic’s gradient close to 1"),
    up("bleu", "BLEU", "overlap of n-grams with reference translations"),
    up("chrf", "chrF", "overlap of character n-grams with reference translations"),
    down("nats_per_token", "loss per token", "mean of -log p of the next token", "nats"),
    down("bits_per_character", "bits per character", "-log2 p of a text, per character", "bits"),
    down("perplexity", "perplexity", "reciprocal of the geometric mean probability of the next token"),
    fraction("context_accuracy", "context accuracy", "contexts that score above a word of like frequency"),
    fraction("token_accuracy", "token accuracy", "fraction of tokens that are predicted correctly"),
)
GROUPS = (
    *(CLASSIFICATION, REGRESSION, FORECASTING, ANOMALIES, GENERATION, LIKELIHOOD, IMAGES),
    *(DETECTION_AND_SEGMENTATION, CLUSTERING_AND_CONTROL, TRAINING),
)
METRICS: dict[str, Metric] = {metric.name: metric for group in GROUPS for metric in group}

PATTERNS = (
    *FORECAST_PATTERNS,
    MetricPattern(r"iou_(.+)",
        fraction("iou_CLASS", "IoU of {0}", "intersection over union of the class")),
    MetricPattern(r"few_shot_(\d+)way_(\d+)shot",
        fraction("few_shot_Nway_Kshot", "{0}-way {1}-shot accuracy",
            "mean accuracy over episodes of {0} classes with {1} examples each")),
    MetricPattern(r"few_shot_(\d+)way_(\d+)shot_interval",
        fraction("few_shot_Nway_Kshot_interval", "95 % confidence interval of the {0}-way {1}-shot accuracy",
            "half the width of the interval over episodes", None)),
    *(MetricPattern(rf"nll_{kind}_(\d+)is",
        down("nll_PIXELS_Kis", f"negative log-likelihood, {words} pixels, {{0}} importance samples",
            "an estimate of the negative log-likelihood of an image by importance sampling", "nats"))
        for kind, words in (("dynamic", "dynamically binarized"), ("static", "statically binarized"),
            ("8bit", "8-bit"))),
    MetricPattern(r"(.+)_correlation",
        up("ATTRIBUTE_correlation", "correlation of the code with {0}",
            "largest correlation of a code with the attribute, within labels")),
    *(MetricPattern(rf"{name}_(external|pretrained)",
        replace(METRICS[name], name=f"{name}_NETWORK", label=METRICS[name].label + ", {0} features",
            description=METRICS[name].description + ", in the features of another network"))
        for name in ("frechet", "frechet_floor", "kernel_distance")),
    MetricPattern(r"frechet_to_(.+)",
        down("frechet_to_DOMAIN", "Fréchet distance, translation to {0}",
            "distance between translated and real images of the domain")),
    MetricPattern(r"domain_accuracy_(.+)",
        fraction("domain_accuracy_DOMAIN", "domain accuracy, translation to {0}",
            "fraction of translated images classified as their original label")),
    MetricPattern(r"map_(small|medium|large)",
        fraction("map_SIZE", "mAP of {0} objects",
            "mean average precision over IoU thresholds, of {0} objects alone")),
    MetricPattern(r"ar_(small|medium|large)",
        fraction("ar_SIZE", "average recall of {0} objects",
            "average recall over IoU thresholds, of {0} objects alone")),
    MetricPattern(r"ar(\d+)",
        fraction("arN", "average recall, {0} per image",
            "average recall over IoU thresholds, limited to {0} per image")),
    *(MetricPattern(rf"{name}_(things|stuff)",
        fraction(f"{name}_KIND", f"{words} quality of {{0}}", f"{words} quality over {{0}} classes"))
        for name, words in (("pq", "panoptic"), ("sq", "segmentation"), ("rq", "recognition"))),
)
# fmt: on
