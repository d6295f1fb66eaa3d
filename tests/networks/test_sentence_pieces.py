import torch

from hibiscus.networks.sentence_pieces import padded_pieces, piece_rows
from hibiscus.tokens import UNKNOWN


def test_token_numbers_become_the_pieces_of_minilm_with_both_special_ones():
    tokens = torch.tensor([[4 + 2000, UNKNOWN, 0], [0, 0, 0]])
    assert piece_rows(tokens) == [[101, 2000, 100, 102], [101, 102]]
    assert len(piece_rows(torch.full((1, 600), 4 + 2000))[0]) == 256


def test_rows_are_padded_to_the_longest():
    padded = padded_pieces([[101, 7, 102], [101, 102]])
    assert padded.dtype == torch.int64
    assert padded.tolist() == [[101, 7, 102], [101, 102, 0]]
