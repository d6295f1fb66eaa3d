import torch

from hibiscus.data.text.token_windows import TextPart
from hibiscus.evaluation.language import evaluate_language, validate_language
from hibiscus.networks.language_model import build_language_model

WORDS = ["", "?", "<", ">", *"abcdefgh"]


def decode(numbers):
    return "".join(WORDS[number] for number in numbers)


def test_metrics_baselines_and_items():
    torch.manual_seed(0)
    network = build_language_model("gru", len(WORDS), units=16).eval()
    parts = {
        name: TextPart(torch.randint(4, 12, (size,)), size - 1, 3)
        for name, size in (("train", 400), ("val", 60), ("test", 80))
    }
    parts["test"].tokens[40] = 3
    samples = {"temperature 0.8": "<b>abc"}
    evaluation = evaluate_language(network, parts, "test", len(WORDS), 10, decode, samples)
    assert evaluation.metrics == validate_language(network, parts["test"], 10)
    assert evaluation.metrics["nats_per_token"] > 1.9
    assert all(metrics.keys() == evaluation.metrics.keys() for metrics in evaluation.baselines.values())
    table, errors, *_ = evaluation.report_items
    assert table.rows == (("temperature 0.8", "<b>abc"),)
    assert [row[2] for row in errors.rows] == sorted((row[2] for row in errors.rows), reverse=True)
    tokens = decode(parts["test"].tokens.tolist())
    assert all(before + token in tokens and token != ">" for before, token, _ in errors.rows)


def test_without_a_validation_part():
    network = build_language_model("gru", len(WORDS), units=16).eval()
    parts = {name: TextPart(torch.randint(4, 12, (30,)), 29, 3) for name in ("train", "test")}
    assert evaluate_language(network, parts, "test", len(WORDS), 10, decode, {}).baselines
