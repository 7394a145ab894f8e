"""What is missing in the form, said under its field."""

from __future__ import annotations

NO_IMAGE = "Choose an image from the list."
NOTHING_POSSIBLE = "Nothing can be done with this image now. Choose another one."
ANOTHER_IMAGE = "The form is still at another image. Choose this one once more."
EVERYWHERE_ALREADY = "It is in every region already. Choose another image."
NO_REGION = "Choose at least one region."
NO_REASON = "Say why it cannot wait for approval."
NO_CHANNEL = "Choose the channel for the card."
