//! A walk through a small universe: 3 services, 6 ids each, 8 connections, 10 calls at once.

mod asking;
mod claims;
mod judging;
mod ledger;
mod step;
mod tally;
mod walker;

pub(crate) use step::steps;
pub(crate) use tally::Tally;
pub(crate) use walker::Walk;
