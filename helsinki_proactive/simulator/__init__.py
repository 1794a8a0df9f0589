"""Two SMS providers and a mail catcher, for the demo and the tests.

A process of its own with its own port and its own log. It speaks Twilio's REST API and that of the
City of Helsinki's notification service on the wire, plays deliveries and faults that can be
dialled, and shows the phones and the mailbox that it fills. Nothing leaves the machine: it listens
on loopback and calls only loopback.

It imports nothing from the product and nothing from Django, so that its log is a second,
independent witness of what was sent and answered.
"""
