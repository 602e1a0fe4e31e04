"""The demo's sentences, put together from ``fixtures/demo/words.json``: the same every time."""

from __future__ import annotations

from random import Random
from typing import Any

from supervision.demo import fixtures


class Words:
    """Writes the texts of measures and of progress."""

    def __init__(self) -> None:
        content: dict[str, Any] = fixtures.read("words")
        self.family = {
            office: family for family, offices in content["families"].items() for office in offices
        }
        self.measures: dict[str, list[str]] = content["measures"]
        self.progress: dict[str, list[str]] = content["progress"]

    def measure(self, *, topic: str, office: str, item: int, number: int) -> str:
        """The text of one measure: an item of up to ten never says the same twice."""
        patterns = self.measures[self.family.get(office, "medical")]
        chance = Random(f"{topic}{number}")  # noqa: S311
        return patterns[(item * 3 + number) % len(patterns)].format(
            topic=topic,
            few=chance.randint(2, 6),
            many=chance.randrange(120, 500, 20),
            units=chance.randint(6, 33),
            some=chance.randint(5, 26),
        )

    def progress_done(self, chance: Random) -> str:
        """What an office writes when it is done."""
        return chance.choice(self.progress["done"])

    def progress_half(self, chance: Random) -> str:
        """What an office writes on the way."""
        return chance.choice(self.progress["half"])
