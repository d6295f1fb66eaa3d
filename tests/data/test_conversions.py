from hibiscus.data.conversions import how_to_convert


def test_by_ending_by_mark_or_not_at_all(tmp_path):
    assert "nibabel" in (how_to_convert(tmp_path / "brain.nii.gz") or "")
    (tmp_path / "scan").write_bytes(bytes(128) + b"DICM")
    assert "pydicom" in (how_to_convert(tmp_path / "scan") or "")
    (tmp_path / "x").write_bytes(b"x")
    assert how_to_convert(tmp_path / "x") is None
    assert how_to_convert(tmp_path / "missing") is None
