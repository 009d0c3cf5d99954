"""Messages as SQS takes them."""

import re
from types import SimpleNamespace
from typing import Any

import pytest

from functions.runtime.queues import Queue
from relay.cloud.queues import RelayQueues
from shared.messages import Apply
from shared.receipts import Hello

WISH = Apply(why="a test")
# As SQS documents which characters it takes.
TAKEN = re.compile("[\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]+")
ODD = "".join(map(chr, [*range(0x100), 0xD7FF, 0xE000, 0xFDD0, 0xFFFD, 0xFFFE, 0xFFFF, 0x10000, 0x1F392, 0x10FFFF]))


def sent(once: str) -> str:
    """Return by which word SQS would know a repeat of a message."""
    requests: list[dict[str, Any]] = []

    def send(**given: Any) -> dict[str, Any]:
        requests.append(given)
        return {}

    client: Any = SimpleNamespace(send_message_batch=send)
    Queue(client, "https://sqs.example/queue.fifo").send([WISH], group="group", once=once)
    return str(requests[0]["Entries"][0]["MessageDeduplicationId"])


@pytest.mark.parametrize("once", ["slot-1", "Medical read (1)-0f0f0f0f-pull_medical", "\u00c4nderung-1", "a" * 300])
def test_whatever_makes_messages_one_sqs_takes_it(once: str) -> None:
    """It is often named after a file that somebody uploaded. The same words are one message, and others another."""
    assert re.fullmatch(r"[!-~]{1,128}", sent(once))
    assert sent(once) == sent(once)
    assert sent(once) != sent(f"{once} again")


def test_no_request_has_more_messages_or_more_bytes_than_sqs_takes_together() -> None:
    """Each message alone is small enough, and a group's name may take 4 bytes a character."""
    requests: list[list[dict[str, Any]]] = []

    def send(**given: Any) -> dict[str, Any]:
        requests.append(given["Entries"])
        return {}

    client: Any = SimpleNamespace(send_message_batch=send)
    wishes = [*[Apply(why="\U0001f392" * 25_000)] * 7, *[WISH] * 25]
    Queue(client, "https://sqs.example/queue").send(wishes)
    assert [len(entries) for entries in requests] == [2, 2, 2, 10, 10, 6]
    assert all(sum(len(entry["MessageBody"].encode()) for entry in entries) <= 256 * 1024 for entries in requests)
    assert all(len({entry["Id"] for entry in entries}) == len(entries) for entries in requests)


def test_sqs_takes_a_message_with_any_character_of_a_familys() -> None:
    """It refuses those that XML has not, and a message that is refused each time would hold up all behind it."""
    bodies: list[str] = []

    def send(**given: Any) -> dict[str, Any]:
        bodies.extend(entry["MessageBody"] for entry in given["Entries"])
        return {}

    client: Any = SimpleNamespace(send_message_batch=send)
    Queue(client, "https://sqs.example/queue").send([Apply(why=ODD)])
    assert TAKEN.fullmatch(bodies[0])
    assert Apply.model_validate_json(bodies[0]).why == ODD


def test_sqs_takes_a_receipt_with_any_character_of_the_schools() -> None:
    """The same for what the relay answers, which holds the rows as they stand in Synergetic."""
    bodies: list[str] = []

    def send(**given: Any) -> None:
        bodies.append(given["MessageBody"])

    client: Any = SimpleNamespace(send_message=send)
    queue = "https://sqs.example/receipts"
    RelayQueues(lambda: client, return_queue=None, receipt_queue=queue).send(Hello(relay=ODD, relay_version="1"))
    assert TAKEN.fullmatch(bodies[0])
    assert Hello.model_validate_json(bodies[0]).relay == ODD
