"""What we do not know: draws of the ranged numbers, what follows from each, and which of them matter."""
