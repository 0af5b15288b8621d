//! What changed, told to whoever asked to hear of it: events of the outbox as signed webhooks.
