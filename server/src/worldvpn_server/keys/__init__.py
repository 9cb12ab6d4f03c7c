"""The server's keys: an offline root, online keys by use, and the manifest that names them."""
