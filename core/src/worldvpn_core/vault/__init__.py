"""The vault: what this device must keep from whoever takes the disk, and what opens it."""
