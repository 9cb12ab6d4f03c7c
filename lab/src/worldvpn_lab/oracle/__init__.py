"""What left the client, as the wires saw it; knows nothing of the code it judges.

Nothing here imports anything of this project: an error of ours must not be able to
blind the witness too.
"""

from __future__ import annotations
