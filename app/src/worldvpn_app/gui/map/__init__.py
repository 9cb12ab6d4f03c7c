"""The world map: where nodes are drawn, and how many marks that takes."""
