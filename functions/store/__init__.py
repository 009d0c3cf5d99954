"""Where the functions keep things: the Exchange bucket and the two tables. boto3 clients are passed in."""
