"""Names and pages on servers of strangers, asked for without being led to where only we can reach.

`hosts` spells a name, `names` asks DNS, `addresses` knows which addresses are public, and `pages` gets a page by
HTTPS. Whoever names a server names what we connect to, so each of them distrusts the one before.
"""
