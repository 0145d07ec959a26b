"""Makes the agent of pretrained/, with a teacher with perfect eyes and a student that sees the screen."""
