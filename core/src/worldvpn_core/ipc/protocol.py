"""What both ends of the local API agree on; imports nothing, for the CLI starts with it."""

from __future__ import annotations

from typing import Final

#: Version of the API that ``hello`` states; raised when an old client would misread a new daemon.
PROTOCOL_VERSION: Final = 1

#: Where the daemon listens unless told otherwise.
SOCKET_PATH: Final = "/run/worldvpn/daemon.sock"
#: The group whose members may speak to the daemon.
SOCKET_GROUP: Final = "worldvpn"

#: The longest line either end accepts, its newline included.
MAX_LINE_BYTES: Final = 1_048_576
#: The longest profile text, in UTF-8; real ones have a few hundred bytes.
MAX_PROFILE_BYTES: Final = 65_536
#: How long a passphrase of the vault is.
FEWEST_PASSPHRASE_CHARACTERS: Final = 8
MOST_PASSPHRASE_CHARACTERS: Final = 1_024

#: Error numbers of JSON-RPC 2.0, section 5.1; ours is the first of its server range.
PARSE_ERROR: Final = -32_700
INVALID_REQUEST: Final = -32_600
METHOD_NOT_FOUND: Final = -32_601
INVALID_PARAMS: Final = -32_602
INTERNAL_ERROR: Final = -32_603
WORLDVPN_ERROR: Final = -32_000

#: Stable ``data.code`` of what is wrong with a message itself; all else is an error's ``code``.
CODE_PARSE: Final = "rpc.parse"
CODE_REQUEST: Final = "rpc.request"
CODE_METHOD: Final = "rpc.method"
CODE_PARAMS: Final = "rpc.params"
CODE_TOO_LARGE: Final = "rpc.too_large"
CODE_TOO_MANY: Final = "rpc.too_many"
CODE_HELLO: Final = "rpc.hello"
CODE_VERSION: Final = "rpc.version"
CODE_INTERNAL: Final = "internal"
CODE_DENIED: Final = "denied"
