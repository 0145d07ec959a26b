"""Episodes of many emulators, as the policy and the world model learn from them."""
