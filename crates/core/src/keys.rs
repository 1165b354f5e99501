//! Keys: what the machine calls things among its own.

use std::fmt;

use slotmap::{DefaultKey, Key, KeyData};

macro_rules! key {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub(crate) DefaultKey);

        impl $name {
            /// The key of a slot of the driver's own table.
            pub fn from_slot(slot: DefaultKey) -> $name {
                $name(slot)
            }

            /// The slot of the driver's own table.
            pub fn slot(self) -> DefaultKey {
                self.0
            }

            /// As a number: position in the lower half, generation in the upper.
            pub fn bits(self) -> u64 {
                self.0.data().as_ffi()
            }

            /// From a number. One that was never given out finds nothing.
            pub fn from_bits(bits: u64) -> $name {
                $name(DefaultKey::from(KeyData::from_ffi(bits)))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let bits = self.bits();
                write!(f, "{}({}.{})", stringify!($name), bits as u32, bits >> 32)
            }
        }
    };
}

key!(
    /// One life of one instance. A new incarnation under the same id gets a new key, so that
    /// whatever still names the old life finds nothing.
    InstanceKey
);
key!(
    /// One call, from admission to its one answer.
    CallId
);

/// A connection, as the driver numbers them. Never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

/// One sending of a call to one instance, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttemptNo(pub u32);

/// A service. Services are never forgotten while the router runs, so a plain position will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ServiceKey(pub(crate) u32);

/// A method within its service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct MethodKey(pub(crate) u16);
