"""A mail server for tests: it takes every mail, remembers what it took, and can fall silent in the middle of one."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message


class MailSink(socketserver.ThreadingTCPServer):
    """Takes mail on a port of the loopback address; ``taken`` are the mails, in order.

    The mail of number ``silent_at`` (from 1) is taken and not confirmed: ``is_silent`` is set, and whoever sent it
    waits, as it would for a server that is slow, until it is killed or ``go_on`` is set.
    """

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), MailHandler)
        self.taken: list[Message] = []
        self.lock = threading.Lock()
        self.silent_at = 0
        self.is_silent = threading.Event()
        self.go_on = threading.Event()

    @property
    def ids(self) -> list[str]:
        """The Message-IDs of what was taken, in order."""
        return [str(message["Message-ID"]) for message in self.taken]

    def take(self, raw: bytes) -> None:
        """Remember one mail; fall silent if it is the one."""
        with self.lock:
            self.taken.append(message_from_bytes(raw))
            silent = len(self.taken) == self.silent_at
        if silent:
            self.is_silent.set()
            self.go_on.wait()


class MailHandler(socketserver.StreamRequestHandler):
    """As much of SMTP as smtplib speaks to a plain server."""

    server: MailSink

    def handle(self) -> None:
        """Answer one connection."""
        try:
            self.answer("220 sink")
            for line in self.rfile:
                command = line.strip().upper()
                if command == b"DATA":
                    self.answer("354 go on")
                    self.server.take(b"".join(self.message()))
                    self.answer("250 taken")
                elif command == b"QUIT":
                    self.answer("221 bye")
                    return
                else:
                    self.answer("250 well")
        except ConnectionError:
            return  # the other side was killed

    def message(self) -> Iterator[bytes]:
        """The lines of a mail up to the lone dot."""
        for line in self.rfile:
            if line.rstrip(b"\r\n") == b".":
                return
            yield line

    def answer(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@contextmanager
def mail_sink(port: int) -> Iterator[MailSink]:
    """Run a mail server for a while."""
    with MailSink(port) as sink:
        thread = threading.Thread(target=sink.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield sink
        finally:
            sink.go_on.set()
            sink.shutdown()
            thread.join()
