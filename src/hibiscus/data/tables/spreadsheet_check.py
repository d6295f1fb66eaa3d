"""The check of a spreadsheet before it is read: two cells in opposite corners of a sheet span billions.

The reader allocates the whole rectangle, and a failed allocation ends the process. A second process with
limited memory therefore reads the file first and returns the number of its cells.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import subprocess
import sys
import zipfile
from pathlib import Path

from hibiscus.data.memory_limit import allowed_memory, check_memory
from hibiscus.data.sizes import size_text
from hibiscus.errors import DataError

__all__ = ["check_spreadsheet"]

VALUE = 8  # bytes of a cell
READING = 20  # bytes of memory for each of them, as an object and as text
INTERPRETER = 2**28  # bytes of address space that the second process takes by itself
COUNT = """
import sys
sys.path.append(sys.argv[1])
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]), int(sys.argv[2])))
except (ImportError, OSError, ValueError):  # not on this system
    pass
import io
from python_calamine import CalamineWorkbook
try:
    book = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
    ends = [book.get_sheet_by_name(name).end or (-1, -1) for name in book.sheet_names]
    print(sum((row + 1) * (column + 1) for row, column in ends))
except BaseException as error:  # a panic of the reader is no Exception
    sys.exit(str(error) or type(error).__name__)
"""


def check_spreadsheet(path: Path, data: bytes) -> None:
    """Refuses a spreadsheet that is damaged or whose cells do not fit into the memory.

    Args:
        path: the file, for messages.
        data: its content.

    Raises:
        DataError: damaged, encrypted, or too large.
    """
    with contextlib.suppress(zipfile.BadZipFile), zipfile.ZipFile(io.BytesIO(data)) as archive:
        declared = sum(member.file_size for member in archive.infolist())
        check_memory(path, declared, stored=len(data), factor=READING / VALUE)
    check_memory(path, VALUE * _count_cells(path, data), stored=len(data), factor=READING)


def _count_cells(path: Path, data: bytes) -> int:
    package = importlib.util.find_spec("python_calamine")
    folder = str(Path(package.origin).parents[1]) if package and package.origin else ""
    limit = int(allowed_memory(len(data)))
    command = [sys.executable, "-I", "-c", COUNT, folder, str(limit + 2 * len(data) + INTERPRETER)]
    done = subprocess.run(command, input=data, capture_output=True, check=False)
    if done.returncode == 0:
        return int(done.stdout)
    reason = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
    if done.returncode < 0 or "memory" in reason.lower():
        reason = f"its sheets take more than {size_text(limit)} of memory, or are damaged"
        fix = "delete what is far from the table, or save the table as CSV"
    else:
        fix = "save it again, or as CSV"
    received = f"{path} cannot be read as a spreadsheet: {reason}"
    raise DataError(received, "a complete file without a password", fix)
