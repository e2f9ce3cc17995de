"""A task's end of the socket: answers find their question, and signals never tear a frame."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from tradewind.core.messages import (
    CallbacksDone,
    FromTask,
    GetVariable,
    Masks,
    Reply,
    Request,
    SetXCom,
    Succeeded,
    TaskAsks,
    TaskEnds,
    TaskReply,
    Value,
)
from tradewind.runtime.framing import FrameReader, FrameTooLarge, frame
from tradewind.runtime.task_channel import ChannelClosed, TaskChannel


class Host:
    """The other end: answers in a thread, and keeps what it was told."""

    def __init__(self, sock: socket.socket, answer: Callable[[Request], Reply | None]) -> None:
        self.sock = sock
        self.seen: list[object] = []
        self._answer = answer
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        reader: FrameReader[FromTask] = FrameReader(FromTask)
        while data := self._received():
            for message in reader.feed(data):
                self.seen.append(message)
                if isinstance(message, TaskAsks):
                    reply = self._answer(message.request)
                    if reply is not None:
                        self.sock.sendall(frame(TaskReply(message.number, reply)))

    def _received(self) -> bytes:
        try:
            return self.sock.recv(1 << 16)
        except OSError:
            return b""  # the test is over, and its sockets are closed

    def end(self) -> None:
        self._thread.join(5)


@pytest.fixture
def sockets() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_an_answer_belongs_to_its_question(sockets: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = sockets
    host = Host(theirs, lambda request: Value(request.key.upper()) if isinstance(request, GetVariable) else None)
    channel = TaskChannel(ours)
    assert channel.ask(GetVariable("a")) == Value("A")
    channel.tell(SetXCom(dag_id="d", run_id="r", task_id="t", key="k", value="1"))
    assert channel.ask(GetVariable("b")) == Value("B")
    channel.tell_masks(["secret"])
    channel.tell_end(Succeeded())
    channel.tell_callbacks_done("oops")
    channel.close()
    host.end()
    assert [type(message) for message in host.seen] == [TaskAsks, TaskAsks, TaskAsks, Masks, TaskEnds, CallbacksDone]


def test_threads_take_turns(sockets: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = sockets
    Host(theirs, lambda request: Value(request.key) if isinstance(request, GetVariable) else None)
    channel = TaskChannel(ours)
    wrong: list[str] = []

    def ask(name: str) -> None:
        for number in range(50):
            answer = channel.ask(GetVariable(f"{name}{number}"))
            if answer != Value(f"{name}{number}"):
                wrong.append(name)

    threads = [threading.Thread(target=ask, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert wrong == []


def test_a_late_answer_to_an_interrupted_question_is_dropped(sockets: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = sockets
    channel = TaskChannel(ours)
    theirs.sendall(frame(TaskReply(1, Value("late"))))
    Host(theirs, lambda request: Value("right"))
    channel._number = 1
    assert channel.ask(GetVariable("x")) == Value("right")
    assert channel._answers == {}


def test_a_host_that_is_gone_is_a_connection_error(sockets: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = sockets
    channel = TaskChannel(ours)
    theirs.close()
    with pytest.raises(ChannelClosed):
        channel.ask(GetVariable("x"))
    with pytest.raises(ChannelClosed):
        channel.tell(SetXCom(dag_id="d", run_id="r", task_id="t", key="k", value="1"))


def test_an_exception_that_came_in_the_middle_of_a_frame_is_raised_after_it(
    sockets: tuple[socket.socket, socket.socket],
) -> None:
    channel = TaskChannel(sockets[0])
    held: list[bool] = []

    def late() -> None:
        raise TimeoutError("late")

    def interrupted() -> None:
        held.append(channel.interruptible)
        channel.do_later(late)

    with pytest.raises(TimeoutError):
        channel._safely(interrupted)
    assert held == [False]
    assert channel.interruptible


def test_a_child_of_the_task_is_told_that_it_cannot_ask(
    sockets: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = TaskChannel(sockets[0])
    monkeypatch.setattr(os, "getpid", lambda: 1)
    with pytest.raises(ConnectionError, match="child process"):
        channel.ask(GetVariable("x"))


def test_frames_may_arrive_in_pieces() -> None:
    data = frame(TaskReply(1, Value("a"))) + frame(TaskReply(2, Value("b")))
    reader: FrameReader[TaskReply] = FrameReader(TaskReply)
    seen = [message for byte in data for message in reader.feed(bytes([byte]))]
    assert [message.number for message in seen] == [1, 2]
    assert reader.pending_bytes == 0


def test_a_stream_that_is_not_ours_is_refused() -> None:
    with pytest.raises(FrameTooLarge):
        FrameReader(TaskReply).feed(b"HTTP/1.1 200 OK")
