"""Pull medical: what families say of their children's health goes from Operoo to the relay, if a school decided so."""
