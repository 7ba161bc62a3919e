import re

import pytest

from labelwright.core.errors import DataError
from labelwright.datasets._registry import entries, entry

SHA256 = re.compile(r"[0-9a-f]{64}")
COMMIT = re.compile(r"[0-9a-f]{40}")


@pytest.mark.parametrize("known", entries().values(), ids=lambda known: known.name)
def test_every_file_has_its_checksum_and_every_set_its_source(known):
    hashes = [*known.tables.values(), *(h for s in known.source for h in s.files.values())]
    assert all(SHA256.fullmatch(h) for h in hashes)
    assert known.tables
    assert all(COMMIT.fullmatch(source.commit) for source in known.source)
    downloadable = any(source.files for source in known.source)
    assert downloadable == (not known.no_parse and not known.packaged)
    assert known.licence
    assert known.citation


def test_an_unknown_name_is_answered_with_the_near_one():
    with pytest.raises(DataError, match="Did you mean 'snow_rte'"):
        entry("snow_rt")
