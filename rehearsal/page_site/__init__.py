"""The rehearsal page's server: what people see, live, and what they do, as the façade's calls."""

from __future__ import annotations

from rehearsal.page_site.site import PageSite

__all__ = ["PageSite"]
