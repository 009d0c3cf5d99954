"""What AWS charges, and what a run's counts come to. One table, dated: a price is looked up here and nowhere else."""

from collections.abc import Mapping

REGION = "ap-southeast-2"
AS_OF = "as we knew them in 2025; check them"
SOURCE = (
    "AWS's public pricing pages of Amazon S3, Amazon SQS, Amazon DynamoDB (on demand, standard table class), AWS Lambda "
    "(arm64), AWS KMS and AWS Secrets Manager for Asia Pacific (Sydney), without the free tier and without tax"
)

# USD for one.
PRICES: dict[str, float] = {
    "S3 write or list": 0.0055 / 1_000,
    "S3 read": 0.00044 / 1_000,
    "SQS request": 0.40 / 1_000_000,
    "SQS FIFO request": 0.50 / 1_000_000,
    "DynamoDB write unit": 0.7115 / 1_000_000,
    "DynamoDB read unit": 0.1423 / 1_000_000,
    "Lambda invocation": 0.20 / 1_000_000,
    "Lambda GB-second": 0.0000133334,
    "KMS request": 0.03 / 10_000,
    "Secrets Manager request": 0.05 / 10_000,
}


def cost(amounts: Mapping[str, float]) -> float:
    """Return what so much of each comes to, in USD.

    Raises:
        KeyError: Something has no price.
    """
    return sum(amount * PRICES[name] for name, amount in amounts.items())
