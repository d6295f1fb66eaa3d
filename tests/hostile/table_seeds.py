"""Valid tables of every format."""

from __future__ import annotations

import base64
import gzip
import json
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from data import make_files as make

__all__ = ["BUILDERS", "csv"]

# A workbook of Excel 97 with the columns a, b, y and twelve rows, for which there is no writer here.
XLS = r"""
c-rllPe>F|9LIle{_O0`uIsL;poT09S#1(jmoB;$l&8eH6cyB(9zs#uy4WSlJO)9hqKn|Ai`At+Xi&GHz^FqI1X{;VK|u#~`n~VWn|5ptE|gTvZ+YK&^PBn1_wBqlZ~nYq$SqDkXkDT;(M>w7x;7=Ma)OJkR<gv~T~}7sGReh_<DUvU$sL(6X|C>-CHqkJ_Y!Gz-+0bS^pVRc8l&FPk-_{1#sRdUEMyzHSOwkTOom#}ss`v;=qBhr>^TqJhs<?o7w@|$PS8TBx473I#mBV*wq-~j_Ys))$n2sfdLc*g<r~7=*QEWGbLHW`b3?n4rWxXX>lqvwtdxfrsgXNyhQ7IZqOa;oeU^{&8=Duz`S0Pp6_LNG8AKE0p1}a0;>mSh_d58(GHs@MuA1JwTjtWwWt__xm-CLCi*fB{L)UH{#&nu>fO%QZVPt1{c3!^w<;~&#zS3!ACNN)nv-%d<5OV2?BpA+MOC40Us0d;Q^eT?phI%Wskz2{jj=m<pa%d9!T*KB5_Su7YTiRMx-^TT+&qp4&PkkzF=lX2V(xt}Pccp16@QD~;Uj8PjQ*?^kw`4pisip8|fDh1?UuJ`(mi622`nRrnS|JD39MoHrXGa8Unt!e&E!NOa*-?Pj0u|r{INj&82+kuC(36_tG;oH`=@Fa`!hvQ2KRx7UL~uqx<S1n+&ItLL5u6F40ooe)nIXSK1n2#;X6Rf>afy(h6~S47Q;tW8;;fKgGJ;EjXon7E6_*V8*%6!#q5$0;_}L*pCxUZ=7Urm}NpVidFBQS1Kop_ffnO@*myY1lAa+7uwkR$g_;qUy^iU2ezSI2-hvJAMjyU3oBaS%M69Uh@-c!Eezi-IrIm`d9v%+OH{!H@U#!(vO-$i~gJxC+Gtk8H(<ENQSp^hci$*AvzGLEr(g@&jf?HH<g{PNqCsQy3e2D88K5~|gIwU&1NVgDcV3FeF
"""
ROWS = [
    (
        number,
        round(number * 1.37, 2),
        ("red", "green", "blue")[number % 3],
        f"2020-{1 + number % 12:02}-11",
        f'a text of {number} words; "quoted"',
        ("no", "yes")[number % 2],
    )
    for number in range(14)
]
NAMES = ("n", "x", "color", "day", "note", "y")


def _cell(value: Any, separator: str) -> str:
    text = str(value)
    return '"' + text.replace('"', '""') + '"' if any(c in text for c in f'"{separator}') else text


def _lines(separator: str = ",") -> str:
    rows = [NAMES, *ROWS]
    return "\n".join(separator.join(_cell(value, separator) for value in row) for row in rows) + "\n"


def csv(folder: Path) -> Path:
    (folder / "t.csv").write_text(_lines())
    return folder / "t.csv"


def _tsv(folder: Path) -> Path:
    (folder / "t.tsv").write_text(_lines("\t"))
    return folder / "t.tsv"


def _semicolons(folder: Path) -> Path:
    text = "".join(f"{i},5;1.{i}00,20;{i + 1}.12.2020;{'ab'[i % 2]}\n" for i in range(12))
    (folder / "t.txt").write_text("Report of the year\n\nl;m;t;y\n" + text, encoding="cp1252")
    return folder / "t.txt"


def _csv_gz(folder: Path) -> Path:
    (folder / "t.csv.gz").write_bytes(gzip.compress(_lines().encode(), mtime=0))
    return folder / "t.csv.gz"


def _numeric(folder: Path) -> Path:
    text = "a,b,c,y\n" + "".join(f"{i},{i * 0.5},{-i * 10**i},{i * 2.25}\n" for i in range(14))
    (folder / "t.csv").write_text(text)
    return folder / "t.csv"


def _times(folder: Path) -> Path:
    rows = "".join(
        f"2020-01-{i + 1:02} 12:{i:02}:00,12:{i:02},{1577836800 + i * 86400},{i % 3}\n" for i in range(14)
    )
    (folder / "t.csv").write_text("at,time,timestamp,y\n" + rows)
    return folder / "t.csv"


def _several_labels(folder: Path) -> Path:
    rows = "".join(f"{i},{i * 2},{('red;round', 'red', 'round;big', 'big')[i % 4]}\n" for i in range(16))
    (folder / "t.csv").write_text("a,b,y\n" + rows)
    return folder / "t.csv"


def _json_lines(folder: Path) -> Path:
    lines = [json.dumps(dict(zip(NAMES, row, strict=True)) | {"tags": ["p", "q"]}) for row in ROWS]
    (folder / "t.jsonl").write_text("\n".join(lines) + "\n")
    return folder / "t.jsonl"


def _json_lines_gz(folder: Path) -> Path:
    data = _json_lines(folder).read_bytes()
    (folder / "t.jsonl").unlink()
    (folder / "t.jsonl.gz").write_bytes(gzip.compress(data, mtime=0))
    return folder / "t.jsonl.gz"


def _xlsx(folder: Path) -> Path:
    import pandas as pd

    pd.DataFrame(ROWS, columns=list(NAMES)).to_excel(folder / "t.xlsx", index=False)
    return folder / "t.xlsx"


def _xls(folder: Path) -> Path:
    (folder / "t.xls").write_bytes(zlib.decompress(base64.b85decode(XLS.strip())))
    return folder / "t.xls"


def _ods(folder: Path) -> Path:
    cells = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'
            for value in row
        )
        + "</table:table-row>"
        for row in [("a", "b", "y"), *((i, i * 1.5, "pq"[i % 2]) for i in range(12))]
    )
    spaces = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    content = (
        f'<?xml version="1.0"?><office:document-content{spaces} office:version="1.2">'
        "<office:body><office:spreadsheet>"
        f'<table:table table:name="s">{cells}</table:table></office:spreadsheet>'
        "</office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    with zipfile.ZipFile(folder / "t.ods", "w") as archive:
        archive.writestr("mimetype", kind)
        archive.writestr("content.xml", content)
        archive.writestr(
            "META-INF/manifest.xml", f'<manifest><file-entry full-path="/" media-type="{kind}"/></manifest>'
        )
    return folder / "t.ods"


def _parquet(folder: Path) -> Path:
    import pandas as pd

    pd.DataFrame(ROWS, columns=list(NAMES)).to_parquet(folder / "t.parquet")
    return folder / "t.parquet"


def _parquet_types(folder: Path) -> Path:
    """A column of every type that a Parquet file can hold."""
    import datetime
    import decimal

    import pyarrow as pa
    import pyarrow.parquet as pq

    count = 12
    columns = {
        "uint64": pa.array([2**64 - 1 - i for i in range(count)], pa.uint64()),
        "date": pa.array([datetime.date(1 + 800 * i, 1, 2) for i in range(count)], pa.date32()),
        "micro": pa.array([datetime.datetime(1 + 800 * i, 1, 2) for i in range(count)], pa.timestamp("us")),
        "zone": pa.array(
            [datetime.datetime(2000, 1, 1 + i) for i in range(count)], pa.timestamp("ns", "Asia/Tokyo")
        ),
        "time": pa.array([datetime.time(i) for i in range(count)], pa.time64("us")),
        "span": pa.array([datetime.timedelta(days=i) for i in range(count)], pa.duration("ns")),
        "decimal": pa.array([decimal.Decimal(10**30 + i) for i in range(count)], pa.decimal128(38, 2)),
        "bytes": pa.array([b"\xff" * i for i in range(count)], pa.binary()),
        "list": pa.array([[i, i] for i in range(count)]),
        "struct": pa.array([{"a": i} for i in range(count)]),
        "map": pa.array([[("k", i)] for i in range(count)], pa.map_(pa.string(), pa.int8())),
        "category": pa.array(["u", "v", "w"] * 4).dictionary_encode(),
        "half": pa.array([float(i) for i in range(count)], pa.float32()),
        "none": pa.nulls(count),
        "flag": pa.array([True, False, None] * 4),
        "y": pa.array(["p", "q"] * 6),
    }
    pq.write_table(pa.table(columns), folder / "t.parquet", compression="zstd")
    return folder / "t.parquet"


def _parts(folder: Path) -> Path:
    for name in ("train", "val", "test"):
        (folder / f"{name}.csv").write_text(_lines())
    return folder


def _listed_images(folder: Path) -> Path:
    for number in range(6):
        make.image(folder / "img" / f"{number}.png", seed=number, size=(8, 9))
    rows = "".join(f"img/{i}.png,{i},{'ab'[i % 2]}\n" for i in range(6))
    (folder / "t.csv").write_text("image,age,y\n" + rows)
    return folder / "t.csv"


def _test_data(folder: Path) -> Path:
    (folder / "test.csv").write_text(_lines())
    return csv(folder)


BUILDERS: dict[str, tuple[Callable[[Path], Path], dict[str, Any]]] = {
    "csv": (csv, {}),
    "csv-group": (csv, {"group": "color", "target": "x"}),
    "csv-roles": (csv, {"role": {"x": "category", "color": "text", "day": "ignore"}}),
    "tsv": (_tsv, {}),
    "txt": (_semicolons, {}),
    "csv-gz": (_csv_gz, {}),
    "numeric": (_numeric, {}),
    "times": (_times, {}),
    "labels": (_several_labels, {}),
    "jsonl": (_json_lines, {}),
    "jsonl-gz": (_json_lines_gz, {}),
    "xlsx": (_xlsx, {}),
    "xls": (_xls, {}),
    "ods": (_ods, {}),
    "parquet": (_parquet, {}),
    "parquet-types": (_parquet_types, {}),
    "parts": (_parts, {}),
    "images": (_listed_images, {}),
    "test-data": (_test_data, {"test_data": "@test.csv"}),
}
