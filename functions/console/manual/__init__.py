"""What people bring to the staging area by spreadsheet or by hand: read, checked row by row, compared, and then asked for."""
