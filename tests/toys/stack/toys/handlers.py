"""Toy functions: each prints what it does, so that a test can read it from the function's log."""

# ruff: noqa: T201

import json
import os
import time
from typing import Any

import boto3


def sort(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Do what each message says: ok, once (fail the first time), fail, hang or die; tell of S3 events."""
    print("batch", len(event["Records"]))
    failed = []
    for record in event["Records"]:
        body = json.loads(record["body"])
        if "Records" in body:
            print("object", body["Records"][0]["s3"]["object"]["key"])
        elif body.get("Event") == "s3:TestEvent":
            print("test event")
        else:
            print(f"{body['id']}:{body['do']}:{record['attributes']['ApproximateReceiveCount']}")
            match body["do"]:
                case "fail":
                    failed.append({"itemIdentifier": record["messageId"]})
                case "hang":
                    time.sleep(30)
                case "die":
                    os._exit(3)
                case "once" if record["attributes"]["ApproximateReceiveCount"] == "1":
                    failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def order(event: dict[str, Any], _context: object) -> None:
    """Tell when a message begins and ends; raise if it says so."""
    (record,) = event["Records"]
    body = json.loads(record["body"])
    print("begin", body["id"])
    time.sleep(body.get("takes", 0))
    if body.get("raise"):
        raise RuntimeError(body["raise"])
    print("end", body["id"])


def tell(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Return what the function knows of itself."""
    print("to the standard output")
    secret = boto3.client("secretsmanager").get_secret_value(SecretId=os.environ["SECRET"])
    boto3.client("sqs").send_message(QueueUrl=os.environ["QUEUE"], MessageBody=json.dumps(event), MessageGroupId="told")
    return {
        "environment": dict(os.environ),
        "secret": secret["SecretString"],
        "memory": context.memory_limit_in_mb,
        "name": context.function_name,
        "left": context.get_remaining_time_in_millis(),
        "request": context.aws_request_id,
    }
