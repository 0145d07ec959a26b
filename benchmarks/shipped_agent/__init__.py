"""How the agent of pretrained/ is made: a teacher with perfect eyes, and a student that sees the screen."""
