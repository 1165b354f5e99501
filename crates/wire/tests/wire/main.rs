//! The wire, checked from outside: against a naive MessagePack, against itself, and against the
//! committed test vectors that other languages check themselves against.

#[cfg(test)]
mod naive;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod resources;
#[cfg(test)]
mod round_trips;
#[cfg(test)]
mod vectors;
