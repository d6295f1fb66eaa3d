from pathlib import Path

from hibiscus.data.tables.json_lines import read_json_lines


def test_lone_halves_of_surrogate_pairs_are_replaced():
    text = '{"text": "a \\ud800 b", "x": 1}\n{"text": "\\ud83d\\udc4d", "x": 2}\n'
    names, rows, notes = read_json_lines(Path("a.jsonl"), text)
    assert names == ["text", "x"]
    assert rows == [["a \N{REPLACEMENT CHARACTER} b", "1"], ["👍", "2"]]
    assert notes == ["1 value with half a character, read as U+FFFD"]
