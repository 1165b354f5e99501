//! The SDK's pure machines: registration, heartbeat schedule, admission, caller retry.
