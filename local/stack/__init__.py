"""`template.yaml` on one machine: moto's server is AWS, and the functions run on the events that the template wires.

No second wiring may enter here: queues, batch sizes, timeouts, environments and schedules are read from what CloudFormation
made.
"""

from local.stack.stack import LocalStack, NotIdleError, Pace, Ports

__all__ = ["LocalStack", "NotIdleError", "Pace", "Ports"]
