"""What X-Ray is told of the functions' calls."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
IN_LAMBDA = {"LAMBDA_TASK_ROOT": "/var/task", "AWS_LAMBDA_FUNCTION_NAME": "pull", "POWERTOOLS_SERVICE_NAME": "school"}
SHOW = """
from functions.runtime.observability import tracer
tracer()
import httpx
from botocore.client import BaseClient
print(httpx.Client.__module__, hasattr(BaseClient._make_api_call, "__wrapped__"))
"""


def test_calls_of_aws_are_traced_and_addresses_of_families_files_are_not() -> None:
    """A trace keeps the path of each address that is called: `/files/<a child's name>-anaphylaxis.pdf`, for example."""
    told = subprocess.run(
        [sys.executable, "-c", SHOW], cwd=ROOT, env={**os.environ, **IN_LAMBDA}, capture_output=True, text=True, check=True
    )
    assert told.stdout.split() == ["httpx", "True"]
