"""What an owner may know of guests, and a guest of what owners know."""
