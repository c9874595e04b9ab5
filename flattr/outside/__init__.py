"""Names, pages and APIs on servers of strangers, asked for without being led to where only we can reach.

`hosts` spells a name, `names` asks DNS, `addresses` knows which addresses are public, and `connections` leads there
by HTTPS. `pages` gets a page, and `calls` asks an API, those of `mastodon` and `bluesky`. Whoever names a server
names what we connect to, so each of them distrusts the one before.
"""
