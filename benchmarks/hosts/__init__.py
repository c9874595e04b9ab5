"""One run on several hosts: network namespaces with addresses of their own, and what holds when one is cut off."""
