"""The report: what the lake's marts say, and how far its data can be trusted, as one page."""
