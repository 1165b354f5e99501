//! How often and how long is measured.

use std::time::Duration;

use aegis_bench::Span;

use super::control::{self, Control};
use crate::args::bench::RunArgs;
use crate::failure::Outcome;
use crate::printer::Printer;

/// What the flags come to.
#[derive(Debug)]
pub(super) struct Runs {
    pub(super) rounds: u32,
    pub(super) span: Span,
    pub(super) quick: bool,
    pub(super) control: Option<Control>,
}

impl Runs {
    /// Finds the control, and says so where there is none.
    pub(super) fn new(args: &RunArgs, printer: &Printer) -> Outcome<Self> {
        let millis = Duration::from_millis;
        let (rounds, warm_up, measured) = if args.quick {
            (1, millis(50), millis(200))
        } else {
            (args.rounds, millis(500), millis(2000))
        };
        Ok(Self {
            rounds,
            span: Span { warm_up, measured },
            quick: args.quick,
            control: control::find(args, printer)?,
        })
    }
}
