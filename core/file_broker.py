"""A Celery broker that needs no server: kombu's filesystem transport, with each message moved in one step.

Kombu's own transport shows a message's file before it is written and moves it to the folder of temporary files,
perhaps on another disk: a reader in between gets half a message, which ends the worker. Here a message appears and
disappears by renaming. What is lost when a worker is killed in the middle is found again by the sweeps of
config/celery.py: the database is the truth, a message only wakes somebody up.
"""

import json
import time
import uuid
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import filesystem, virtual

# How often an idle worker looks into the folder.
POLL_SECONDS = 0.5


class Channel(filesystem.Channel):
    """Messages as files `<milliseconds>_<unique>.<queue>.msg` in one folder; the oldest goes first."""

    @property
    def folder(self) -> Path:
        return Path(self.transport_options["folder"])

    @property
    def messages(self) -> Path:
        return made(self.folder / "messages")

    @property
    def drafts(self) -> Path:
        return made(self.folder / "drafts")

    # The names under which kombu's transport looks for the same folders when it counts and purges.
    @property
    def data_folder_in(self) -> str:
        return str(self.messages)

    @property
    def data_folder_out(self) -> str:
        return str(self.messages)

    @property
    def control_folder(self) -> Path:
        return made(self.folder / "exchanges")

    # The stubs of kombu's base classes disagree with each other about the names of the arguments.
    def _put(self, queue: str, message: Any, **kwargs: Any) -> None:  # type: ignore[override]
        """Add a message: written aside, then renamed into place."""
        name = f"{time.time_ns() // 1_000_000:015d}_{uuid.uuid4()}.{queue}.msg"
        draft = self.drafts / name
        draft.write_text(json.dumps(message), encoding="utf-8")
        draft.rename(self.messages / name)

    def _get(self, queue: str, timeout: float | None = None) -> dict[str, Any]:
        """Take the oldest message of a queue; raise Empty when there is none.

        Whoever renames the file has it; the others look at the next one.
        """
        for name in sorted(path.name for path in self.messages.iterdir()):
            if name.partition(".")[2] != f"{queue}.msg":
                continue
            taken = self.drafts / name
            try:
                (self.messages / name).rename(taken)
            except FileNotFoundError:
                continue
            payload: dict[str, Any] = json.loads(taken.read_text(encoding="utf-8"))
            taken.unlink()
            return payload
        raise Empty


class Transport(filesystem.Transport):
    """The transport that CELERY_BROKER_TRANSPORT names."""

    Channel = Channel
    # One state for the whole class, as in kombu's own transport: which queue is bound to which exchange.
    global_state = virtual.BrokerState()
    polling_interval = POLL_SECONDS

    def drain_events(self, connection: Any, timeout: float | None = None) -> None:  # type: ignore[override]
        """Wait for messages, never long: between two waits the worker sees that it is to stop."""
        super().drain_events(connection, timeout=min(timeout or POLL_SECONDS, POLL_SECONDS))


def made(folder: Path) -> Path:
    """Return the folder, which exists from now on."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder
