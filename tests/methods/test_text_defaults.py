import pytest

from hibiscus.data.preparation import LabelPreparation, Preparation
from hibiscus.data.text.preparation import TextPreparation
from hibiscus.errors import ConfigError
from hibiscus.methods.classify.classify import Classify
from hibiscus.methods.supervised_defaults import resolve_supervised
from hibiscus.methods.text_defaults import text_epochs

TEXTS = Preparation(
    {"text": TextPreparation.fit(["a text", "another"]), "label": LabelPreparation(("no", "yes"))}
)


def resolved(preparation=TEXTS, items=8000, **options):
    return resolve_supervised(Classify.Config(**options), preparation, items)


def test_texts_have_short_phrases_token_dropout_and_averaged_weights():
    config = resolved()
    assert (config.net, config.net_options) == ("conv1d", {"widths": [1, 2, 3]})
    assert (config.token_dropout, config.ema_decay, config.epochs) == (0.4, 0.99, 9)
    assert (config.ensemble, config.learning_rate) == (3, 2e-3)
    assert resolved(items=50_000).ensemble == 1


def test_more_classes_are_learned_faster():
    labels = LabelPreparation(tuple("abcdef"))
    six = Preparation({"text": TEXTS["text"], "label": labels})
    config = resolved(six, 5000)
    assert (config.learning_rate, config.epochs) == (5e-3, 8)
    slow = resolved(six, 5000, learning_rate=1e-3)
    assert (slow.learning_rate, slow.epochs) == (1e-3, 14)


def test_what_was_given_stays():
    config = resolved(token_dropout=0.0, ema_decay=0.0, epochs=2, net_options={"widths": [4], "filters": 5})
    assert (config.token_dropout, config.ema_decay, config.epochs) == (0.0, 0.0, 2)
    assert config.net_options == {"widths": [4], "filters": 5}
    assert resolved(net="conv1d").net_options == {}  # the network of the paper
    assert resolved(net="lstm").token_dropout == 0.4


def test_the_features_of_sentences_have_no_tokens_to_drop():
    config = resolved(net="sentence", transfer="features")
    assert (config.token_dropout, config.ema_decay, config.epochs, config.ensemble) == (0.0, 0.0, 10, 1)


@pytest.mark.parametrize(
    ("items", "batch_size", "epochs"), [(8530, 128, 8), (100, 8, 30), (10**6, 128, 3), (500, 16, 17)]
)
def test_about_as_many_steps_for_any_number_of_texts(items, batch_size, epochs):
    assert text_epochs(items, batch_size) == epochs


def test_other_data_has_no_tokens():
    from hibiscus.data.arrays.preparation import ArrayPreparation

    vectors = Preparation(
        {"array": ArrayPreparation((2,), (0.0, 0.0), (1.0, 1.0)), "label": LabelPreparation(("no", "yes"))}
    )
    config = resolved(vectors)
    assert (config.token_dropout, config.ema_decay, config.epochs) == (None, 0.0, 10)
    with pytest.raises(ConfigError, match="on data without texts"):
        resolved(vectors, token_dropout=0.3)
    assert resolved(vectors, token_dropout=0.0).token_dropout == 0
