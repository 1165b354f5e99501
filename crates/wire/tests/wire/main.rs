//! The wire, checked from outside: against a naive MessagePack, against itself, and against the
//! committed test vectors that other languages check themselves against.

#[cfg(test)]
mod described;
#[cfg(test)]
mod edges;
#[cfg(test)]
mod folder;
#[cfg(test)]
mod json;
#[cfg(test)]
mod naive;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod records;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod resources;
#[cfg(test)]
mod round_trips;
#[cfg(test)]
mod vectors;
