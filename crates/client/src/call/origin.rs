use aegis_types::Instant;
use uuid::Uuid;

use crate::Context;
use crate::serve::{Letter, Span};

tokio::task_local! {
    /// Set around every handler, so that what it calls belongs to what called it.
    static HANDLED: Inherited;
}

/// What a call made while another is handled takes over from that one.
#[derive(Clone, Debug)]
pub(crate) struct Inherited {
    /// When nobody waits for the outer call any more, and so nobody for this one.
    deadline: Instant,
    letter: Letter,
    trace_id: Span,
}

impl Inherited {
    pub(crate) fn from(context: &Context) -> Inherited {
        Inherited {
            deadline: context.deadline,
            letter: context.letter.clone(),
            trace_id: context.trace_id,
        }
    }

    /// Runs a handler: what it calls inherits, on this task. Tasks that it spawns are on their own.
    pub(crate) async fn scope<F: Future>(self, handler: F) -> F::Output {
        HANDLED.scope(self, handler).await
    }

    fn of_this_task() -> Option<Inherited> {
        HANDLED.try_with(Inherited::clone).ok()
    }

    fn trace_id(&self) -> Option<&str> {
        let text = self.letter.text(self.trace_id);
        (!text.is_empty()).then_some(text)
    }
}

/// Where one call comes from: its ids, written once where they are needed so that a new call
/// allocates nothing for them, and what it inherits.
pub(super) struct Origin {
    message: Uuid,
    message_text: [u8; uuid::fmt::Hyphenated::LENGTH],
    trace_text: [u8; uuid::fmt::Simple::LENGTH],
    inherited: Option<Inherited>,
}

impl Origin {
    /// A new act. Its first digits are its time, so keys sort as they were made.
    pub(super) fn new(within: Option<&Context>) -> Origin {
        let message = Uuid::now_v7();
        let mut origin = Origin {
            message,
            message_text: [0; uuid::fmt::Hyphenated::LENGTH],
            trace_text: [0; uuid::fmt::Simple::LENGTH],
            inherited: within.map(Inherited::from).or_else(Inherited::of_this_task),
        };
        message.hyphenated().encode_lower(&mut origin.message_text);
        message.simple().encode_lower(&mut origin.trace_text);
        origin
    }

    pub(super) fn message_id(&self) -> &str {
        std::str::from_utf8(&self.message_text).unwrap_or_default()
    }

    /// The trace the caller names, or the one being handled, or one that begins with this call and
    /// has its number.
    pub(super) fn trace_id<'s>(&'s self, given: Option<&'s str>) -> &'s str {
        given
            .or_else(|| self.inherited.as_ref()?.trace_id())
            .unwrap_or_else(|| std::str::from_utf8(&self.trace_text).unwrap_or_default())
    }

    /// The earlier of this and the deadline of the call being handled.
    pub(super) fn deadline(&self, own: Instant) -> Instant {
        match &self.inherited {
            Some(inherited) => own.min(inherited.deadline),
            None => own,
        }
    }

    pub(super) fn seed(&self) -> u64 {
        self.message.as_u64_pair().1
    }
}
