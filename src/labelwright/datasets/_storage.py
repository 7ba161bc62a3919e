"""Where the tables of a data set are found: in the package, a mirror, the cache or online."""

from __future__ import annotations

import hashlib
import os
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Collection
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from labelwright.core.errors import CapabilityError, DataError
from labelwright.core.files import write_bytes
from labelwright.core.progress import track
from labelwright.datasets._registry import Entry, Source, entry

if TYPE_CHECKING:
    import polars as pl

__all__ = ["PUBLIC", "cache_folder", "fetch", "read_tables"]

PUBLIC = "https://raw.githubusercontent.com"
TIMEOUT = 60.0


def cache_folder() -> Path:
    """The folder for what can be made again: ``LABELWRIGHT_CACHE``, else the user's cache."""
    if stated := os.environ.get("LABELWRIGHT_CACHE"):
        return Path(stated)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "labelwright"


def fetch(name: str, *, base_url: str = PUBLIC) -> Path:
    """Download the public files of a data set into the cache, as far as they are not there.

    Every file is checked against its SHA-256 before it is kept, so that what is in the cache can
    be trusted; a second call downloads nothing.

    Parameters
    ----------
    name : str
        Name of the data set.
    base_url : str
        Server; a file's address is ``<base_url>/<repository>/<commit>/<path>``.

    Returns
    -------
    Path
        The folder of the files.

    Raises
    ------
    CapabilityError
        If the public files of this set are not read by Labelwright.
    DataError
        If a file cannot be had, or is not the file it should be.
    """
    known = entry(name)
    if known.packaged:
        raise CapabilityError(
            f"The data set {name!r} comes with Labelwright: there is no download."
        )
    if known.no_parse:
        raise CapabilityError(
            f"The data set {name!r} cannot be downloaded: {known.no_parse}.",
            where={"dataset": name},
            hint=_mirror_hint(known),
        )
    folder = cache_folder() / "datasets" / name
    missing = [
        (source, path)
        for source in known.source
        for path in source.files
        if not _raw_path(folder, source, path).exists()
    ]
    for source, path in track(missing, f"downloading {name}"):
        content = _download(known, source, path, base_url)
        write_bytes(_raw_path(folder, source, path), content)
    return folder


def read_tables(
    name: str, wanted: Collection[str] | None = None
) -> tuple[dict[str, pl.DataFrame], str]:
    """The tables of a data set and where they were found.

    Parameters
    ----------
    name : str
        Name of the data set.
    wanted : collection of str, optional
        Tables to read; all by default.

    Returns
    -------
    tables : dict of polars frames
    origin : {"package", "mirror", "public files"}
    """
    known = entry(name)
    chosen = list(known.tables if wanted is None else wanted)
    if known.packaged:
        folder = Path(str(files("labelwright.datasets") / "data"))
        return {t: _checked_table(known, t, folder / f"{name}.parquet") for t in chosen}, "package"
    mirror = _mirror_of(name)
    if mirror is not None:
        return {t: _checked_table(known, t, mirror / f"{t}.parquet") for t in chosen}, "mirror"
    from labelwright.datasets._parse import PARSERS

    folder = fetch(name)
    raw = {
        path: _raw_path(folder, source, path).read_bytes()
        for source in known.source
        for path in source.files
    }
    parsed = PARSERS[name](raw)
    return {t: parsed[t] for t in chosen}, "public files"


def _raw_path(folder: Path, source: Source, path: str) -> Path:
    return folder / source.commit[:12] / path


def _download(known: Entry, source: Source, path: str, base_url: str) -> bytes:
    url = f"{base_url}/{source.repository}/{source.commit}/{urllib.parse.quote(path)}"
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT) as answer:
            content: bytes = answer.read()
    except OSError as error:
        # HTTP errors, refused connections and time-outs are all OSError; the first hold a socket.
        if isinstance(error, urllib.error.HTTPError):
            error.close()
        raise DataError(
            f"The data set {known.name!r} is not on this machine, and {url} could not be read: "
            f"{getattr(error, 'reason', None) or error}.",
            where={"dataset": known.name, "url": url},
            hint=f"Try again with a connection. Without one: {_mirror_hint(known)}",
        ) from error
    found = hashlib.sha256(content).hexdigest()
    if found != source.files[path]:
        raise DataError(
            f"{url} is not the file that is expected: its SHA-256 is {found}.",
            where={"dataset": known.name, "url": url},
            hint=f"Expected was {source.files[path]}. Nothing was kept.",
        )
    return content


def _mirror_of(name: str) -> Path | None:
    stated = os.environ.get("LABELWRIGHT_DATA")
    if not stated:
        return None
    if not Path(stated).is_dir():
        raise DataError(
            f"LABELWRIGHT_DATA names {stated}, which is no folder.",
            where={"file": stated},
            hint="Name the folder that holds one folder a data set, or unset the variable.",
        )
    folder = Path(stated) / name
    return folder if folder.is_dir() else None


def _mirror_hint(known: Entry) -> str:
    needed = ", ".join(f"{known.name}/{table}.parquet" for table in known.tables)
    return f"Set LABELWRIGHT_DATA to a folder (a mirror of parsed tables) that holds {needed}."


def _checked_table(known: Entry, table: str, path: Path) -> pl.DataFrame:
    import polars as pl

    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(
            f"{path} cannot be read: {error.strerror}.",
            where={"dataset": known.name, "file": str(path)},
            hint=_mirror_hint(known),
        ) from error
    found = hashlib.sha256(content).hexdigest()
    if found != known.tables[table]:
        raise DataError(
            f"{path} is not the table that is expected: its SHA-256 is {found}.",
            where={"dataset": known.name, "file": str(path)},
            hint=f"Expected was {known.tables[table]}. Copy the file again.",
        )
    return pl.read_parquet(content)
