"""How to convert files of formats that are not read."""

from __future__ import annotations

from pathlib import Path

__all__ = ["how_to_convert"]

DICOM = "convert DICOM: pip install pydicom; Image.fromarray(pydicom.dcmread(file).pixel_array).save(png)"
HDF5 = "convert HDF5: pip install h5py, then numpy.savez('data.npz', x=file['x'][()], y=file['y'][()])"
NIFTI = "convert NIfTI volumes to slices: pip install nibabel, then Image.fromarray(slice).save(png)"
RAW = "develop raw photos to JPEG or PNG first"
PICKLE = "pickles can run code and are never read; save arrays with numpy.savez, tables with to_parquet"
CONVERSIONS = {
    **dict.fromkeys((".dcm", ".dicom", ".ima"), DICOM),
    **dict.fromkeys((".h5", ".hdf5", ".hdf", ".he5"), HDF5),
    **dict.fromkeys((".nii", ".nii.gz"), NIFTI),
    **dict.fromkeys((".cr2", ".cr3", ".nef", ".arw", ".dng", ".orf", ".rw2", ".raw"), RAW),
    **dict.fromkeys((".pkl", ".pickle", ".pt", ".pth", ".joblib"), PICKLE),
    ".svg": "draw the SVG files as PNG, for example with: inkscape --export-type=png *.svg",
    ".pdf": "draw the pages as images: pdftoppm -png file.pdf page",
    ".psd": "export the PSD files as PNG",
    ".xls": "save it as .xlsx or .csv",
    ".rds": "in R: write.csv(data, 'data.csv', row.names = FALSE)",
    ".rdata": "in R: write.csv(data, 'data.csv', row.names = FALSE)",
    ".arff": "convert ARFF with scipy.io.arff.loadarff and pandas.DataFrame.to_csv",
    ".tfrecord": "convert the records to image files or .npz with TensorFlow first",
}
MARKS = {(0, b"\x89HDF\r\n\x1a\n"): HDF5, (128, b"DICM"): DICOM}  # of files without a known ending


def how_to_convert(file: Path) -> str | None:
    """One sentence on how to convert a file to a format that is read; None if its format is unknown."""
    name = file.name.lower()
    known = next((text for ending, text in CONVERSIONS.items() if name.endswith(ending)), None)
    return known or _by_mark(file)


def _by_mark(file: Path) -> str | None:
    """By the first bytes, as DICOM files often have no ending."""
    try:
        with file.open("rb") as stream:
            head = stream.read(256)
    except OSError:
        return None
    return next((text for (start, mark), text in MARKS.items() if head[start:].startswith(mark)), None)
