"""Makes the agent of pretrained/, by a teacher with perfect eyes and a student that sees the screen."""
