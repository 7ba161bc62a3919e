import errno

import pytest

from labelwright.core.errors import RunError
from labelwright.pipeline._folder import RunFolder, fingerprint


def write_count(folder, counter):
    counter.append(1)
    (folder / "n.txt").write_text(str(len(counter)))


def read_count(folder):
    return (folder / "n.txt").read_text()


def stage(folder, key, counter, name="s"):
    return folder.stage(name, key, lambda part: write_count(part, counter), read_count)


def test_a_stage_is_computed_once_for_the_same_key(tmp_path):
    counter = []
    for _ in range(2):
        with RunFolder(tmp_path / "r", "in.csv").opened() as folder:
            assert stage(folder, "a", counter) == "1"
    with RunFolder(tmp_path / "r", "in.csv").opened() as folder:
        assert stage(folder, "b", counter) == "2"
        assert [p.name for p in (folder.hidden / "s").iterdir()] == ["b"]


def test_a_stage_that_broke_off_leaves_nothing_behind(tmp_path):
    def broken(part):
        (part / "n.txt").write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), RunFolder(tmp_path, "in").opened() as folder:
        folder.stage("s", "a", broken, read_count)
    with RunFolder(tmp_path, "in").opened() as folder:
        assert not list(folder.hidden.glob("*.part"))
        assert stage(folder, "a", []) == "1"


def test_the_names_of_stages_do_not_mix(tmp_path):
    with RunFolder(tmp_path, "in").opened() as folder:
        stage(folder, "a", [], name="s")
        stage(folder, "a", [], name="s-more")
        stage(folder, "b", [], name="s")
        kept = {p.parent.name: p.name for p in folder.hidden.glob("s*/*")}
        assert kept == {"s": "b", "s-more": "a"}


def test_other_peoples_folders_are_refused(tmp_path):
    (tmp_path / "letter.txt").write_text("dear")
    with (
        pytest.raises(RunError, match="is no run of Labelwright"),
        RunFolder(tmp_path, "in").opened(),
    ):
        pass
    with RunFolder(tmp_path / "r", "in").opened():
        pass
    with (
        pytest.raises(RunError, match="holds the run of another input, in"),
        RunFolder(tmp_path / "r", "other").opened(),
    ):
        pass
    with (
        pytest.raises(RunError, match="is a file"),
        RunFolder(tmp_path / "letter.txt", "in").opened(),
    ):
        pass


def test_one_owner_at_a_time(tmp_path):
    with (
        RunFolder(tmp_path, "in").opened(),
        pytest.raises(RunError, match="Another run"),
        RunFolder(tmp_path, "in").opened(),
    ):
        pass
    with RunFolder(tmp_path, "in").opened():
        pass


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (errno.ENOSPC, "The disk is full"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "may not write"),
    ],
)
def test_what_the_system_refuses_is_said_plainly(tmp_path, code, message):
    def refused(part):
        raise OSError(code, "no", "file")

    with pytest.raises(RunError, match=message), RunFolder(tmp_path, "in").opened() as folder:
        folder.stage("s", "a", refused, read_count)


def test_fingerprints_tell_apart_what_differs():
    assert fingerprint("a", 1) == fingerprint("a", 1)
    assert (
        len({fingerprint("a", 1), fingerprint("a", "1"), fingerprint("a1"), fingerprint(1, "a")})
        == 4
    )
