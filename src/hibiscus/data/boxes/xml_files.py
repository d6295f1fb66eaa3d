"""XML files of annotations, parsed without entities, external references or unlimited size."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from hibiscus.data.files import read_bytes
from hibiscus.errors import DataError

__all__ = ["parse_xml"]


def parse_xml(file: Path, limit: int) -> Any:
    """The root element of an XML file of at most `limit` bytes.

    Raises:
        DataError: invalid XML, or one that declares entities.
    """
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        return fromstring(
            read_bytes(file, limit), forbid_dtd=False, forbid_entities=True, forbid_external=True
        )
    except DefusedXmlException as error:
        received = f"{file}: refused because it declares entities ({type(error).__name__})"
        raise DataError(
            received, "XML without entity declarations", "export it again, or remove it"
        ) from None
    except (ParseError, ValueError, LookupError, RecursionError) as error:
        raise DataError(
            f"{file}: invalid XML ({error})", "an annotation in XML", "export it again, or remove it"
        ) from None
