"""What a gate tells others by itself: CloudEvents to webhooks, and notices of holds for chats that take what Slack takes.

Nothing in here is ever waited for by a decision, and nothing is lost that matters: the ledger has it, and `/v1/events` tells it again.
"""
