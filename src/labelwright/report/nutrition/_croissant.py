"""The label as Croissant: the JSON-LD that catalogues of data sets read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from labelwright.core.errors import CapabilityError

__all__ = ["croissant"]

STANDARD = "http://mlcommons.org/croissant/1.0"
CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "citeAs": "cr:citeAs",
    "recordSet": "cr:recordSet",
    "field": "cr:field",
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "repeated": "cr:repeated",
    "source": "cr:source",
    "fileObject": "cr:fileObject",
    "extract": "cr:extract",
    "column": "cr:column",
}
MEDIA = {
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "json": "application/json",
    "jsonl": "application/jsonlines",
    "parquet": "application/x-parquet",
    "arrow": "application/vnd.apache.arrow.file",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# What stands in a polars type, the first that fits.
TYPES = {
    r"^Datetime": "sc:DateTime",
    r"^Date$": "sc:Date",
    r"^Time$": "sc:Time",
    r"^U?Int": "sc:Integer",
    r"^(Float|Decimal)": "sc:Float",
    r"^Boolean": "sc:Boolean",
}
# Our names of what was stated, and schema.org's.
STATED = {
    "url": "url",
    "version": "version",
    "published": "datePublished",
    "citation": "citeAs",
    "source": "isBasedOn",
}


def croissant(title: str, modules: Mapping[str, Any]) -> dict[str, Any]:
    """Croissant 1.0 from the modules metadata, provenance and variables; gaps are left out."""
    lacking = [n for n in ("metadata", "provenance", "variables") if n not in modules]
    if lacking:
        raise CapabilityError(
            f"Croissant needs the modules {', '.join(lacking)}, which this label does not have."
        )
    about, origin = modules["metadata"], modules["provenance"]
    if about["name"] is None:
        raise CapabilityError(
            "Croissant describes files, and this label was made from a table in memory.",
            hint="Make the label from the file.",
        )
    stated = {theirs: origin[ours] for ours, theirs in STATED.items()}
    authors = origin["authors"] or []
    stated |= {
        "description": about["description"],
        "license": about["licence"],
        "keywords": about["keywords"],
        "creator": [
            {"@type": "Person", "name": name}
            for name in ([authors] if isinstance(authors, str) else authors)
        ],
    }
    fields = modules["variables"]["variables"]
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": STANDARD,
        "name": title,
        **{name: value for name, value in stated.items() if value},
        "distribution": [_file(about)],
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": "rows",
                "name": "rows",
                "field": [_field(variable, about["name"]) for variable in fields],
            }
        ],
    }


def _file(about: Mapping[str, Any]) -> dict[str, Any]:
    size = {} if about["bytes"] is None else {"contentSize": f"{about['bytes']} B"}
    return {
        "@type": "cr:FileObject",
        "@id": about["name"],
        "name": about["name"],
        "contentUrl": about["name"],
        "encodingFormat": MEDIA.get(about["format"], "application/octet-stream"),
        **size,
        "sha256": about["checksum"].removeprefix("sha256:"),
    }


def _field(variable: Mapping[str, Any], file: str) -> dict[str, Any]:
    said = {"description": variable["description"]} if variable["description"] else {}
    inner = re.fullmatch(r"(?:List|Array)\((\w+).*\)", variable["type"])
    name = inner[1] if inner else variable["type"]
    return {
        "@type": "cr:Field",
        "@id": f"rows/{variable['name']}",
        "name": variable["name"],
        **said,
        "dataType": next((t for p, t in TYPES.items() if re.match(p, name)), "sc:Text"),
        **({"repeated": True} if inner else {}),
        "source": {"fileObject": {"@id": file}, "extract": {"column": variable["name"]}},
    }
