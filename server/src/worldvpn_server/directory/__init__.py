"""Live nodes: what they offer, whether they live, and how they are found."""
