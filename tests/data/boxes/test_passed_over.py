"""Files that look like annotations."""

from data import make_files as make
from hibiscus.data.boxes.passed_over import passed_over


def test_what_is_named(tmp_path):
    assert passed_over(make.image(tmp_path / "a.png").parent) == ""
    (tmp_path / "empty.json").touch()
    (tmp_path / "t.csv").write_text("x,y\n1,2\n")
    (tmp_path / "x.mat").write_bytes(b"\0\1")
    assert (
        passed_over(tmp_path)
        == "passed over: empty.json (empty); t.csv (first line 'x,y'); x.mat (a mat file)"
    )
    assert passed_over(tmp_path / "a.png") == passed_over(tmp_path)
    for number in range(3):
        (tmp_path / f"z{number}.xml").write_text("no tags")
    assert passed_over(tmp_path).endswith("z0.xml (no XML) and 2 more")
