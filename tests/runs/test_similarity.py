import json
import subprocess
import sys

import numpy as np
import pytest

import hibiscus
from hibiscus import api

SENTENCES = ["A man is eating food.", "The girl is carrying a baby.", "A cheetah is running behind its prey."]


def test_similar_sentences_of_a_list():
    found = hibiscus.similar(SENTENCES, "an animal hunts", count=1, quiet=True)
    assert found["queries"][0]["matches"][0]["sentence"] == SENTENCES[2]
    assert found["model"] == "minilm"


def test_embeddings_of_sentences(tmp_path):
    file = tmp_path / "s.txt"
    file.write_text("\n".join(SENTENCES))
    embedded = api.embed_sentences(file)
    assert embedded["id"] == ["1", "2", "3"]
    np.testing.assert_allclose(np.linalg.norm(embedded["code"], axis=1), 1, rtol=1e-5)


def test_the_command_line(tmp_path):
    (tmp_path / "s.txt").write_text("\n".join(SENTENCES))
    (tmp_path / "v.txt").write_text("man 1 0\ngirl 0 1\neating 1 0.1\n")

    def hibiscus_command(*words):
        command = [sys.executable, "-m", "hibiscus", *words]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    done = hibiscus_command("similar", "s.txt", "eating", "--model", "v.txt", "-n", "1", "--json")
    (result,) = json.loads(done.stdout)["queries"]
    assert result["matches"][0]["id"] == "1"
    assert result["matches"][0]["similarity"] == pytest.approx(0.9988, abs=1e-3)
    done = hibiscus_command("embed", "v.txt", "s.txt", "--out", "e.csv")
    assert done.returncode == 0
    lines = (tmp_path / "e.csv").read_text().splitlines()
    assert lines[0] == "id,code1,code2"
    assert len(lines) == 4
