"""The HTTP API: one process and one port for other apps, OpenAI clients, MCP clients and the page."""
