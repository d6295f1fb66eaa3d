"""Spreadsheets that would take the memory of the machine, or end the process, are refused."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from hibiscus.data.tables.spreadsheet_check import check_spreadsheet
from hibiscus.errors import DataError

TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
FILES = {
    "[Content_Types].xml": f'<Types xmlns="{TYPES}">'
    '<Default Extension="xml" ContentType="application/xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{RELATIONS}">'
    f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" '
    'Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
    f'<sheet name="S" sheetId="1" r:id="rId1"/>'
    "</sheets></workbook>",
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{RELATIONS}"><Relationship Id="rId1" '
    f'Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
}


def workbook(rows):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in FILES.items():
            archive.writestr(name, '<?xml version="1.0"?>' + text)
        sheet = f'<?xml version="1.0"?><worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
    return content.getvalue()


def cells(last_row, last_column):
    first = '<row r="1"><c r="A1"><v>1</v></c></row>'
    return f'{first}<row r="{last_row}"><c r="{last_column}{last_row}"><v>2</v></c></row>'


def test_an_ordinary_sheet():
    check_spreadsheet(Path("a.xlsx"), workbook(cells(20, "Z")))


@pytest.mark.parametrize(("row", "column"), [(20_000, "XFD"), (1_048_576, "XFD")])
def test_two_cells_in_opposite_corners(row, column):
    with pytest.raises(DataError, match=r"a\.xlsx .* more than 512\.0 MB of memory"):
        check_spreadsheet(Path("a.xlsx"), workbook(cells(row, column)))


def test_the_number_of_cells_counts(monkeypatch):
    monkeypatch.setenv("HIBISCUS_MAX_MEMORY", "100MB")
    check_spreadsheet(Path("a.xlsx"), workbook(cells(20_000, "Z")))
    with pytest.raises(DataError, match=r"8\.3 MB of data, which take about 166\.4 MB of memory"):
        check_spreadsheet(Path("a.xlsx"), workbook(cells(40_000, "Z")))


def test_the_declared_size_counts(monkeypatch):
    data = workbook("<row><c><v>0</v></c></row>" * 100_000)
    monkeypatch.setenv("HIBISCUS_MAX_MEMORY", "1MB")
    with pytest.raises(DataError, match=r"a\.xlsx: 2\.6 MB of data"):
        check_spreadsheet(Path("a.xlsx"), data)


def test_a_damaged_file():
    with pytest.raises(DataError, match="cannot be read as a spreadsheet"):
        check_spreadsheet(Path("a.xlsx"), workbook(cells(2, "B"))[:-100])
