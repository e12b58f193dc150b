"""The bytes, exactly as C2SP and RFC 6962 have them: pure functions, no disk, no clock, no network."""
