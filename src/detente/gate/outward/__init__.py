"""What a gate tells the outside by itself: CloudEvents to webhooks, holds to a chat, a span per decision to a tracer.

The ledger is the queue: whoever is told is a cursor into it, so a receiver that is away misses nothing and takes no memory, and no decision
ever waits for one.

    feed ----> couriers ----> post            document: who is told what, from `outward.yaml`
    (what is durable)  |                      happenings: what an entry means, and how that is called
                       cursors                cloud_event, chat: how it is written
"""
