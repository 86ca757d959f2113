"""What is known about the connections to Discord's gateway."""
