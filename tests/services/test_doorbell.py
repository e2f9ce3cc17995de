"""Ringing the engine: a real socket, and everything that may be wrong with it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tradewind.services import doorbell
from tradewind.services.errors import ServiceError


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    found = doorbell.prepare_doorbell(tmp_path)
    yield found
    found.unlink(missing_ok=True)
    found.parent.rmdir()


def test_a_ring_reaches_whoever_listens(tmp_path: Path, path: Path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as engine:
        engine.bind(str(path))
        assert doorbell.ring(tmp_path)
        assert engine.recv(16)


def test_a_ring_that_nobody_hears_is_no_error(tmp_path: Path, path: Path):
    assert not doorbell.ring(tmp_path)
    assert not doorbell.ring(tmp_path / "no such home")


def test_a_ring_does_not_wait_for_an_engine_that_does_not_answer(tmp_path: Path, path: Path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as engine:
        engine.bind(str(path))
        while doorbell.ring(tmp_path):
            pass  # until the queue of the socket is full


def test_an_abandoned_socket_makes_room_for_the_next_engine(tmp_path: Path, path: Path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as killed:
        killed.bind(str(path))
    assert path.exists() and not doorbell.ring(tmp_path)
    assert doorbell.prepare_doorbell(tmp_path) == path
    assert not path.exists()


def test_the_path_fits_a_socket_address_however_deep_the_home_is(tmp_path: Path):
    assert len(str(doorbell.doorbell_path(tmp_path / ("deep/" * 60)))) < 90


def test_homes_have_doorbells_of_their_own_and_links_to_a_home_share_its_bell(tmp_path: Path):
    (tmp_path / "a").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "a")
    assert doorbell.doorbell_path(tmp_path / "a") != doorbell.doorbell_path(tmp_path / "b")
    assert doorbell.doorbell_path(tmp_path / "a") == doorbell.doorbell_path(tmp_path / "link")


def test_a_folder_that_others_can_write_to_is_refused(tmp_path: Path, path: Path):
    path.parent.chmod(0o777)
    with pytest.raises(ServiceError, match="not a private folder"):
        doorbell.prepare_doorbell(tmp_path)
    path.parent.chmod(0o700)
