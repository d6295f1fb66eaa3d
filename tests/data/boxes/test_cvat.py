"""CVAT's XML; see also the cases."""

from data import make_files as make
from hibiscus.data.boxes.cvat import is_cvat_dataset, read_cvat


def test_masks_ellipses_and_shapes_without_a_label(tmp_path):
    make.image(tmp_path / "a.png", size=(80, 100))
    shapes = '<mask label="ant" left="10" top="16" width="30" height="48" rle="1"/>'
    shapes += '<box xtl="1" ytl="1" xbr="2" ybr="2"/>'
    shapes += '<ellipse label="bee" cx="50" cy="40" rx="5" ry="10" rotation="90"/>'
    (tmp_path / "x.xml").write_text(f'<annotations><image name="a.png">{shapes}</image></annotations>')
    assert is_cvat_dataset(tmp_path)
    found = read_cvat(tmp_path)
    assert found.images[0].boxes.round(6).tolist() == [[10, 16, 40, 64], [40, 35, 60, 45]]
    assert found.faults == {"unknown class": 1}
    (tmp_path / "x.xml").write_text("<annotation><object/></annotation>")
    assert not is_cvat_dataset(tmp_path)
