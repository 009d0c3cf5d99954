"""What a family says of a child's health, whatever service it was said to and whatever database it goes to."""
