"""Where problems come from: seeded generators and files."""
