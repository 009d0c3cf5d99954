"""The command line: what each command takes and shows. What it does is done in the other rooms."""
