"""XML of annotations."""

import pytest

from hibiscus.data.boxes.xml_files import parse_xml
from hibiscus.errors import DataError


def test_entities_and_broken_files_are_refused(tmp_path):
    file = tmp_path / "x.xml"
    file.write_text("<a><b/></a>")
    assert parse_xml(file, 100).find("b") is not None
    file.write_text('<!DOCTYPE x [<!ENTITY a "ha">]><a>&a;</a>')
    with pytest.raises(DataError, match="declares entities"):
        parse_xml(file, 100)
    file.write_text("<a>")
    with pytest.raises(DataError, match="invalid XML"):
        parse_xml(file, 100)
    with pytest.raises(DataError, match="larger than"):
        parse_xml(file, 2)
