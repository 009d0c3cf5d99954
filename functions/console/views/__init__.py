"""The console's pages, one module for each part: what it says (a model), and from where it knows."""
