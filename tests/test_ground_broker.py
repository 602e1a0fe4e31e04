"""core/file_broker.py: messages that are files, each taken once and never seen half written."""

import json
import multiprocessing
import subprocess
import time
from pathlib import Path
from queue import Empty
from typing import Any, cast

import pytest
from kombu import Connection

from config.celery import app
from core.file_broker import Channel
from core.programs import worker
from tests.capabilities import wait_until


def connected(folder: Path) -> Connection:
    options = {"folder": str(folder)}
    return Connection(
        "filesystem://localhost", transport="core.file_broker:Transport", transport_options=options
    )


def channel_of(connection: Connection) -> Channel:
    return cast(Channel, connection.default_channel)


def take(channel: Channel) -> list[dict[str, Any]]:
    """Take every message of the queue."""
    taken = []
    while True:
        try:
            taken.append(channel._get("q"))
        except Empty:
            return taken


def put_many(folder: Path, writer: int, count: int) -> None:
    with connected(folder) as connection:
        channel = channel_of(connection)
        for number in range(count):
            channel._put("q", {"writer": writer, "number": number, "body": "x" * 20_000})


def take_all(folder: Path, results: Any) -> None:
    with connected(folder) as connection:
        deadline = time.monotonic() + 5
        taken: list[tuple[int, int]] = []
        while time.monotonic() < deadline:
            taken += [(message["writer"], message["number"]) for message in take(channel_of(connection))]
            time.sleep(0.01)
        results.put(taken)


def test_messages_come_in_order_and_by_queue(tmp_path: Path) -> None:
    with connected(tmp_path) as connection:
        channel = channel_of(connection)
        for number in range(3):
            channel._put("q", {"number": number})
            time.sleep(0.002)
        channel._put("other", {"number": 9})
        assert channel._size("q") == 3
        assert [message["number"] for message in take(channel)] == [0, 1, 2]
        assert channel._size("other") == 1
        assert channel._purge("other") == 1
    assert not list(tmp_path.rglob("*.msg"))


def test_writers_and_readers_side_by_side_lose_and_double_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    readers = [context.Process(target=take_all, args=(tmp_path, results)) for _ in range(2)]
    writers = [context.Process(target=put_many, args=(tmp_path, number, 100)) for number in range(2)]
    for process in [*readers, *writers]:
        process.start()
    taken = sorted(message for _ in readers for message in results.get(timeout=60))
    for process in [*readers, *writers]:
        process.join()
        process.close()
    assert taken == [(writer, number) for writer in range(2) for number in range(100)]


def test_the_schedule_names_its_tasks_and_times() -> None:
    schedule = app.conf.beat_schedule
    assert {name: entry["task"] for name, entry in schedule.items()} == {
        "sweep-imports": "remediation.tasks.sweep_imports",
        "sweep-supervision": "supervision.tasks.sweep",
        "send-reminders": "supervision.tasks.send_reminders",
        "roll-up": "supervision.tasks.roll_up",
    }
    assert schedule["sweep-supervision"]["schedule"] <= 30
    assert str(app.conf.timezone) == "Asia/Shanghai"


def test_every_scheduled_task_exists() -> None:
    app.loader.import_default_modules()
    app.autodiscover_tasks(force=True)
    scheduled = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert scheduled <= set(app.tasks)


def test_tasks_are_given_back_by_a_worker_that_dies_and_speak_json() -> None:
    assert app.conf.task_acks_late
    assert app.conf.task_reject_on_worker_lost
    assert app.conf.worker_prefetch_multiplier == 1
    assert list(app.conf.accept_content) == ["json"]
    assert app.conf.task_time_limit > app.conf.task_soft_time_limit > 0
    # A message is handed out again only after its task cannot be running any more.
    assert app.conf.task_time_limit < 2 * 60 * 60


@pytest.mark.slow
@pytest.mark.parametrize("broker", ["files", "redis"])
def test_a_real_worker_takes_messages_and_stops_warmly(
    broker: str, child_environment: dict[str, str], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    from django.conf import settings

    environment = {**child_environment, "DATA_DIR": str(tmp_path)}
    if broker == "redis":
        environment["REDIS_URL"] = request.getfixturevalue("redis_server")
    # A task that is there whatever the apps define: it starts nothing and returns.
    send = "import config; config.celery_app.send_task('celery.accumulate', args=[1, 2])"
    command = [*worker(settings.ENV).command]
    command[command.index(f"--loglevel={settings.ENV.log_level}")] = "--loglevel=DEBUG"
    log = tmp_path / "log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, env={**environment, "LOG_LEVEL": "DEBUG"}, stderr=file, stdout=file
        )
        try:
            subprocess.run([command[0], "-c", send], env=environment, check=True)
            assert wait_until(lambda: "succeeded in" in log.read_text(errors="replace")), log.read_text()
            process.terminate()
            assert process.wait(timeout=20) == 0
        finally:
            process.kill()
            process.wait()
    assert "Warm shutdown" in log.read_text(errors="replace")
    assert not list(tmp_path.rglob("*.msg"))


def test_a_message_on_disk_is_plain_json(tmp_path: Path) -> None:
    with connected(tmp_path) as connection:
        channel_of(connection)._put("q", {"text": "整改"})
    (message,) = tmp_path.rglob("*.msg")
    assert json.loads(message.read_text(encoding="utf-8")) == {"text": "整改"}
