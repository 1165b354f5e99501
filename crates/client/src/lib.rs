//! The SDK: declare a service, call a service.
