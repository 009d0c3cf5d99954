"""The only way out of the school: the Exchange bucket and the queues of the school's stack."""
