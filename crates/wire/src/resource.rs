//! Acts on resources, of the first AegisIPC and native alike.
//!
//! Who owns which resource is not kept yet: every act is refused. The refusals have the shape that
//! the SDK of the first AegisIPC builds its results from before it looks at the error, so that its
//! user reads our text and not that of a broken model.

mod act;
mod refused;
mod request;

pub use act::ResourceAct;
pub use refused::encode_resource_refusal;
pub use request::ResourceRequest;
