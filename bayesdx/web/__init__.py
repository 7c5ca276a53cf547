"""The page and the service: what ``bayesdx serve`` answers with (extra ``web``)."""
