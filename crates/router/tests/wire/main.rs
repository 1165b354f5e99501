//! The driver in a real switch, spoken to in bytes: what travels, to the letter.

mod hostile;
mod legacy;
mod support;
