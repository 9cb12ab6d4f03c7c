"""The vault's key in the keyring of the user's session."""
