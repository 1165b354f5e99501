//! What a scrape says of a driver that was spoken to.

