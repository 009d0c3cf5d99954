"""What this machine's moto is taught beyond itself: resources, sign-out, transactions, and not to work things out twice."""
