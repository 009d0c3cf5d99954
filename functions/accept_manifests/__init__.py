"""Accept: take in a manifest as a whole, or refuse it as a whole with a reason a person can act on."""
