//! The binary as a program: what it prints where, and how it exits.

mod arguments;
mod demo;
mod harness;
mod help;
mod operator;
mod router;
