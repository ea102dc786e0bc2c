# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Every status is an exception, with the library's text and its remedy."""

import errno
import os

import pytest
import support

import ringmap
from ringmap import _errors
from ringmap._ringmap import ffi, lib


def test_every_status_has_its_class():
    names = [name for name in dir(lib) if name.startswith("RINGMAP_E_")]
    assert len(names) == 11
    classes = {_errors.CLASSES[getattr(lib, name)] for name in names}
    assert len(classes) == len(names)
    for name in names:
        status = getattr(lib, name)
        detail = ffi.new("struct ringmap_error *")
        detail.status, detail.os_errno, detail.text = status, errno.EIO, b"the text"
        with pytest.raises(_errors.CLASSES[status], match="^the text$") as caught:
            _errors.check(status, detail)
        assert caught.value.status == status and caught.value.errno == errno.EIO
        assert isinstance(caught.value, ringmap.Error)
        # Without detail there is a text too, and not that of another error.
        detail.status = 0
        assert "the text" not in str(_errors.error_of(status, detail))
        assert str(_errors.error_of(status))


def test_python_s_own_classes_catch_them():
    for ours, python in (
        (ringmap.NotFoundError, FileNotFoundError),
        (ringmap.NotFoundError, LookupError),
        (ringmap.AccessError, PermissionError),
        (ringmap.SystemCallError, OSError),
        (ringmap.InvalidError, ValueError),
        (ringmap.CorruptError, ValueError),
        (ringmap.OutOfMemoryError, MemoryError),
        (ringmap.ForkedError, RuntimeError),
    ):
        assert issubclass(ours, python)


def test_what_is_not_there(tmp_path):
    with pytest.raises(ringmap.NotFoundError, match="nowhere"):
        ringmap.open(tmp_path / "nowhere.dat")
    with ringmap.open(support.PLAIN) as trace:
        with pytest.raises(ringmap.NotFoundError, match="no_event"):
            trace["no_event"]  # pylint: disable=pointless-statement
        with pytest.raises(ringmap.NotFoundError, match="no_column"):
            trace.table("sched_switch", columns=["no_column"])
        with pytest.raises(ringmap.NotFoundError, match="no_column"):
            trace["sched_switch"].numpy("no_column")
    with pytest.raises(ringmap.NotFoundError, match="nobody"):
        ringmap.open(support.INSTANCES, instance="nobody")


def test_what_makes_no_sense(tmp_path):
    with pytest.raises(ringmap.CorruptError):
        ringmap.open(b"neither a trace nor anything else" * 100)
    short = tmp_path / "short.dat"
    short.write_bytes(support.PLAIN.read_bytes()[:5000])
    with pytest.raises(ringmap.CorruptError, match=r"\d"):
        ringmap.open(short)
    with ringmap.open(support.PLAIN) as trace:
        with pytest.raises(ringmap.InvalidError):
            trace.table("sched_switch", threads=2, ordered=True).to_pandas()
    with pytest.raises(ringmap.CorruptError, match="inside a sub-buffer"):
        ringmap.Ring.image(b"x" * 5000)


def test_a_version_that_is_not_known():
    data = bytearray(support.PLAIN.read_bytes())
    at = data.index(b"tracing") + len(b"tracing")
    data[at : at + 1] = b"9"
    with pytest.raises(ringmap.UnsupportedError, match="9"):
        ringmap.open(data)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_what_is_not_allowed(tmp_path):
    secret = tmp_path / "secret.dat"
    secret.write_bytes(b"x")
    secret.chmod(0)

    def try_it(work):
        def run():
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            try:
                work()
            except ringmap.AccessError as error:
                return f"refused: {error}"
            return "allowed"

        return support.in_child(run)[0]

    os.chmod(tmp_path, 0o755)
    assert try_it(lambda: ringmap.open(secret)).startswith("refused: ")
    if support.why_not_live() is None:
        text = try_it(lambda: support.session(pids=None))
        assert text.startswith("refused: ") and "root" in text


@support.live
def test_what_tracing_refuses():
    with support.session() as session:
        with pytest.raises(ringmap.BusyError, match=session.instance):
            support.session(instance=session.instance)
        with pytest.raises(ringmap.NotFoundError, match="4000"):
            ringmap.Ring(session.instance, 4000)
        with pytest.raises(ValueError, match="sideways"):
            ringmap.Ring(session.instance, 0, "sideways")
        with ringmap.Ring(session.instance, 0, "read") as ring:
            with pytest.raises(ringmap.UnsupportedError):
                ring.snapshot()
    with pytest.raises(ringmap.NotFoundError, match="ringmap_nobody"):
        ringmap.live("ringmap_nobody")


@support.live
def test_a_snapshot_that_is_armed_is_named():
    with support.session() as session:
        armed = support.TRACING / "instances" / session.instance / "snapshot"
        if not armed.exists():
            pytest.skip("this kernel has no snapshots")
        armed.write_text("1")
        with pytest.raises(ringmap.BusyError, match="snapshot"):
            ringmap.Ring(session.instance, 0, "follow")
