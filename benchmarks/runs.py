"""A run of the whole system, counted: what was asked of AWS and of Operoo, and what that costs."""

from collections import Counter
from dataclasses import dataclass

from benchmarks import prices
from benchmarks.counting import Usage

_READS = {"s3:GetObject", "s3:HeadObject"}
# A guess at Lambda's time, for the cost alone: what it takes to start, to ask AWS once, and to ask Operoo once.
INVOCATION_S, AWS_REQUEST_S, OPEROO_REQUEST_S = 0.05, 0.01, 0.3
_WRITES = ("POST", "PATCH", "PUT", "DELETE")


@dataclass(frozen=True)
class Run:
    """One run, counted.

    Attributes:
        usage: What was asked of AWS.
        operoo: What was asked of Operoo, by method and path.
        operoo_writes: Of these, how many write.
        touched: How many records of ours it was about.
        memory_mb: Of each function.
        asks_operoo: The function that asked Operoo.
    """

    usage: Usage
    operoo: Counter[str]
    touched: int
    memory_mb: dict[str, int]
    asks_operoo: str = "ApplyRecords"

    @property
    def operoo_writes(self) -> int:
        """How many requests to Operoo write."""
        return sum(count for name, count in self.operoo.items() if name.startswith(_WRITES))

    @property
    def cost(self) -> float:
        """The cost at list prices, in USD."""
        return prices.cost(self.amounts())

    @property
    def cloud_writes(self) -> int:
        """What the functions write: items, objects and messages' batches."""
        functions = self.usage.of("functions")
        return self.usage.items.total() + functions["s3:PutObject"] + functions["sqs:SendMessageBatch"]

    @property
    def gb_s(self) -> float:
        """Lambda's GB-seconds, by the guess above."""
        total = 0.0
        for function, count in self.usage.invocations.items():
            asked = sum(n for (who, _, _), n in self.usage.requests.items() if who == function)
            seconds = count * INVOCATION_S + asked * AWS_REQUEST_S
            seconds += self.operoo.total() * OPEROO_REQUEST_S if function == self.asks_operoo else 0
            total += seconds * self.memory_mb[function] / 1024
        return total

    def amounts(self) -> dict[str, float]:
        """Return what AWS charges for."""
        requests = self.usage.of("relay") + self.usage.of("functions")
        s3 = {name: count for name, count in requests.items() if name.startswith("s3:")}
        sqs = sum(count for name, count in requests.items() if name.startswith("sqs:"))
        # What AWS does by itself: S3 sends its events, and each batch of a queue's messages is received and deleted.
        # Each pull begins with a message of the schedule's.
        applied, pulled = self.usage.invocations["ApplyRecords"], self.usage.invocations["PullMedical"]
        fifo = self.usage.fifo + 2 * applied + 3 * pulled
        others = pulled + self.usage.invocations["AcceptManifests"] + 2 * self.usage.batches
        return {
            "S3 read": sum(count for name, count in s3.items() if name in _READS),
            "S3 write or list": sum(count for name, count in s3.items() if name not in _READS),
            "SQS request": sqs + others - fifo,
            "SQS FIFO request": fifo,
            "DynamoDB write unit": self.usage.write_units,
            "DynamoDB read unit": self.usage.read_units,
            "Lambda invocation": self.usage.invocations.total(),
            "Lambda GB-second": self.gb_s,
            "KMS request": len(self.usage.keys),
            "Secrets Manager request": sum(n for name, n in requests.items() if name.startswith("secretsmanager:")),
        }


def listed(requests: Counter[str]) -> str:
    """Return how many requests there were, and of which kind."""
    parts = ", ".join(f"{count:,} {name.replace(':', ' ')}" for name, count in sorted(requests.items()))
    return f"{requests.total():,} ({parts})" if parts else "0"
