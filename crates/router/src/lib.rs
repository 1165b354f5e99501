//! The router: the driver around the core, and its host inside the embedded broker.
