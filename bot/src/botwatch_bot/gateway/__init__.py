"""The Discord side: connection state, the client, and the session that keeps it connected."""
