"""What all encoder-decoder networks have in common."""

import pytest
import torch

from hibiscus.networks.encoder_decoder import shifted
from hibiscus.networks.seq2seq import NETWORKS, build_seq2seq
from hibiscus.ops.beam_search import beam_search, select_rows
from hibiscus.tokens import END, START, TokenShape

SOURCE, TARGET = TokenShape(9, 13), TokenShape(7, 11)


def network(net, seed=0, **options):
    torch.manual_seed(seed)
    small = {"width": 16, "layers": 2, "dropout": 0.3, **options}
    return build_seq2seq(net, SOURCE, TARGET, **small).eval()


def texts(lengths, vocabulary, seed=1):
    generator = torch.Generator().manual_seed(seed)
    tokens = torch.randint(4, vocabulary, (len(lengths), max(lengths)), generator=generator)
    return tokens * (torch.arange(max(lengths)) < torch.tensor(lengths)[:, None])


def test_the_decoder_sees_the_tokens_before_each_target():
    assert shifted(torch.tensor([[5, 6, END, 0]])).tolist() == [[START, 5, 6, END]]


@pytest.mark.parametrize("net", NETWORKS)
def test_padding_changes_nothing(net):
    model, source, target = network(net), texts([8, 3, 5], 13), texts([6, 2, 4], 11)
    together = model(source, target).split([6, 2, 4])
    for row, (steps, length) in enumerate([(8, 6), (3, 2), (5, 4)]):
        alone = model(source[row : row + 1, :steps], target[row : row + 1, :length])
        torch.testing.assert_close(alone, together[row], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("net", NETWORKS)
def test_step_by_step_equals_all_steps_at_once(net):
    model, source, target = network(net), texts([8, 3], 13), texts([6, 6], 11)
    expected, _ = model.decode(shifted(target), model.encode(source))
    memory, state = model.encode(source), None
    for step, token in enumerate(shifted(target).split(1, 1)):
        logits, state = model.step(token, memory, state)
        torch.testing.assert_close(logits, expected[:, step], rtol=1e-4, atol=1e-5)
    two, three = shifted(target).split([2, 4], 1)
    _, state = model.decode(two, memory)
    torch.testing.assert_close(model.decode(three, memory, state)[0], expected[:, 2:], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("net", NETWORKS)
def test_a_prediction_depends_on_the_source_and_on_earlier_targets_only(net):
    model, source, target = network(net), texts([4], 13), texts([5], 11)
    before = model(source, target)
    changed = target.clone()
    changed[0, 3] = 4 + (changed[0, 3] - 3) % 7
    after = model(source, changed)
    torch.testing.assert_close(before[:4], after[:4])
    assert not torch.allclose(before[4], after[4])
    assert not torch.allclose(before[0], model(source.flip(1), target)[0])


@pytest.mark.parametrize("net", NETWORKS)
def test_attention_weights_sum_to_one_over_the_tokens_of_the_source(net):
    source, target = texts([8, 3], 13), texts([6, 4], 11)
    weights = network(net).attention(source, shifted(target))
    assert weights.shape == (2, 6, 8)
    torch.testing.assert_close(weights.sum(2), torch.ones(2, 6))
    assert weights[1, :, 3:].abs().max() == 0
    assert weights.min() >= 0


@pytest.mark.parametrize("net", NETWORKS)
def test_memory_and_state_have_one_row_per_text(net):
    model, source = network(net), texts([8, 3, 5], 13)
    rows = torch.tensor([2, 2, 0])
    token = torch.full((3, 1), START)
    memory = select_rows(model.encode(source), rows)
    _, state = model.step(token, memory)
    direct, _ = model.step(token, model.encode(source[rows]))
    torch.testing.assert_close(model.step(token, memory)[0], direct)
    swapped = model.step(token, select_rows(memory, rows), select_rows(state, rows))[0]
    torch.testing.assert_close(swapped, model.step(token, memory, state)[0][rows])


@pytest.mark.parametrize("net", NETWORKS)
def test_an_empty_source_has_finite_logits(net):
    model = network(net)
    assert model(torch.zeros(1, 3, dtype=torch.long), texts([4], 11)).isfinite().all()


@pytest.mark.parametrize("net", NETWORKS)
def test_tied_and_joint_weights(net):
    tied, free = network(net), network(net, tied=False)
    assert tied.output.weight is tied.target_embedding.weight
    assert tied.source_embedding is not tied.target_embedding
    extra = sum(p.numel() for p in free.parameters()) - sum(p.numel() for p in tied.parameters())
    assert extra == 11 * 16
    joint = build_seq2seq(net, TARGET, TARGET, joint=True, width=16)
    assert joint.source_embedding is joint.target_embedding


@pytest.mark.parametrize("net", NETWORKS)
def test_it_learns_to_reverse(net):
    model = network(net, width=32, layers=1, dropout=0.0)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    source = texts([4] * 60, 11, seed=2)
    target = torch.cat([source.flip(1), torch.full((60, 1), END)], 1)
    loss = torch.zeros(())
    for _ in range(60):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(source, target), target.flatten())
        loss.backward()
        optimizer.step()
    assert loss < 0.5  # ln 11 = 2.4 at the start
    found = beam_search(model.step, model.encode(source), [5] * 60, start=START, end=END, beam_size=2)
    right = sum(row.tokens == wanted for row, wanted in zip(found, source.flip(1).tolist(), strict=True))
    assert right > 30
