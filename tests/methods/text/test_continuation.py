import torch
from torch import nn

from hibiscus.data.text.preparation import TextPreparation
from hibiscus.methods.text.continuation import continue_prompt

LEARNED = TextPreparation.fit(["abcab"], tokens="character")


class Next(nn.Module):
    """The token after a, b, c is b, c, a; the state is not needed."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(()))

    def forward(self, tokens, state=None):
        a, b, c = (LEARNED.number_lists([letter])[0][0] for letter in "abc")
        following = torch.zeros(7, dtype=torch.int64)
        following[[a, b, c]] = torch.tensor([b, c, a])
        return nn.functional.one_hot(following[tokens], 7).float(), state


def continued(prompt, length, first=None):
    start = LEARNED.number_lists(["b"])[0][0] if first is None else first
    texts, conditions = continue_prompt(
        Next(), LEARNED, start, 2, None, prompt=prompt, temperature=0, top_k=0, length=length
    )
    assert texts[0] == texts[1]
    return texts[0], conditions


def test_the_prompt_is_continued():
    assert continued("ab", 4)[0] == "abcabc"
    assert continued("", 4)[0] == "cabc"


def test_unknown_tokens_of_a_prompt_stay_in_the_text_and_are_not_read():
    assert continued("a?", 2)[0] == "a?bc"
    assert continued("??", 2)[0] == "??ca"


def test_the_conditions_are_columns():
    _, conditions = continued("ab", 4)
    assert {name: values.tolist() for name, values in conditions.items()} == {
        "prompt": ["ab", "ab"],
        "temperature": [0, 0],
        "top_k": [0, 0],
        "length": [4, 4],
    }
