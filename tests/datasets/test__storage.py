import dataclasses
import hashlib
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import polars as pl
import pytest

from labelwright.core.errors import CapabilityError, DataError
from labelwright.datasets import _registry, _storage
from labelwright.datasets._registry import Source

FILES = {
    "data/a folder/label.csv": b"item,worker,label\n7,3,1\n7,4,0\n",
    "data/a folder/truth.csv": b"item,truth\n7,1\n",
}


class Quiet(SimpleHTTPRequestHandler):
    requests: ClassVar[list[str]] = []

    def do_GET(self):
        self.requests.append(self.path)
        super().do_GET()

    def log_message(self, *args):
        pass


@pytest.fixture
def server(tmp_path):
    """A local server that holds the files of a tiny 'bluebird', and its address."""
    root = tmp_path / "public" / "owner" / "name" / "0123456789abcdef"
    for path, content in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    Quiet.requests.clear()
    handler = partial(Quiet, directory=str(tmp_path / "public"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


@pytest.fixture
def tiny(monkeypatch):
    """Register the tiny files as the source of bluebird, and return a way to change them."""
    known = _registry.entry("bluebird")

    def register(**changes):
        hashes = {path: hashlib.sha256(content).hexdigest() for path, content in FILES.items()}
        source = Source("owner/name", "0123456789abcdef", {**hashes, **changes.pop("files", {})})
        small = dataclasses.replace(known, source=(source,), **changes)
        monkeypatch.setattr(_storage, "entry", lambda name: small)

    register()
    return register


def test_a_download_is_checked_kept_and_not_repeated(server, tiny):
    folder = _storage.fetch("bluebird", base_url=server)
    kept = {path.read_bytes() for path in folder.rglob("*.csv")}
    assert kept == set(FILES.values())
    assert len(Quiet.requests) == 2
    assert _storage.fetch("bluebird", base_url=server) == folder
    assert len(Quiet.requests) == 2
    tables, origin = _storage.read_tables("bluebird")
    assert origin == "public files"
    assert tables["votes"].rows() == [(7, 3, 1), (7, 4, 0)]
    assert tables["gold"].rows() == [(7, 1)]


def test_a_changed_file_is_refused_and_not_kept(server, tiny):
    tiny(files={"data/a folder/truth.csv": "0" * 64})
    with pytest.raises(DataError, match=r"truth\.csv is not the file that is expected"):
        _storage.fetch("bluebird", base_url=server)
    assert not list(_storage.cache_folder().rglob("truth.csv"))


def test_a_missing_file_says_what_to_set(server, tiny):
    tiny(files={"data/none.csv": "0" * 64})
    with pytest.raises(DataError, match=r"LABELWRIGHT_DATA .* bluebird/votes\.parquet") as error:
        _storage.fetch("bluebird", base_url=server)
    assert error.value.where["dataset"] == "bluebird"


def test_no_server_says_what_to_set(tiny):
    with pytest.raises(DataError, match=r"not on this machine.*Set LABELWRIGHT_DATA"):
        _storage.fetch("bluebird", base_url="http://127.0.0.1:9")


def test_the_mirror_comes_first_and_is_checked(tmp_path, tiny, monkeypatch):
    mirror = tmp_path / "mirror"
    (mirror / "bluebird").mkdir(parents=True)
    path = mirror / "bluebird" / "votes.parquet"
    pl.DataFrame({"item": [1], "annotator": [2], "label": [0]}).write_parquet(path)
    tiny(tables={"votes": hashlib.sha256(path.read_bytes()).hexdigest()})
    monkeypatch.setenv("LABELWRIGHT_DATA", str(mirror))
    tables, origin = _storage.read_tables("bluebird")
    assert origin == "mirror"
    assert tables["votes"].rows() == [(1, 2, 0)]
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(DataError, match="not the table that is expected"):
        _storage.read_tables("bluebird")
    path.unlink()
    with pytest.raises(DataError, match=r"votes\.parquet cannot be read"):
        _storage.read_tables("bluebird")


def test_a_mirror_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setenv("LABELWRIGHT_DATA", "/no/such/folder")
    with pytest.raises(DataError, match="/no/such/folder, which is no folder"):
        _storage.read_tables("bluebird")


def test_sets_without_a_download_say_why():
    with pytest.raises(CapabilityError, match=r"pickle.*cifar10n/votes\.parquet"):
        _storage.fetch("cifar10n")
    with pytest.raises(CapabilityError, match="comes with Labelwright"):
        _storage.fetch("youtube_spam")


def test_cache_folder_follows_the_environment(monkeypatch):
    monkeypatch.setenv("LABELWRIGHT_CACHE", "/some/where")
    assert _storage.cache_folder() == Path("/some/where")
    monkeypatch.delenv("LABELWRIGHT_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    assert _storage.cache_folder() == Path("/xdg/labelwright")
