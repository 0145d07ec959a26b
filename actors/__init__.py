"""What runs beside the emulators: emulators, the emulator pool, games and levels, latents, curiosity."""
