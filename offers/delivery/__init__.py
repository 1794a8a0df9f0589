"""From a row to a phone: the outbox, the gate, the channels, the receipts."""
