//! The ack that the SDK of the first AegisIPC waits for.

use aegis_wire::call::Echo;
use aegis_wire::reliable::Ack;

use super::Driver;

/// No time was spent on a call that was refused, and an ack must name more than none.
const LEAST_MS: f64 = 0.001;

impl Driver {
    /// Ends the wait of a caller whose reliable call was refused. Its SDK waits for the ack also
    /// after an error, tries again when none comes, and shows the error only if the ack says
    /// `success`: what is acknowledged is the message, not the work.
    ///
    /// Nothing is published for a message whose id is no UUID: it would become part of a subject.
    pub(super) fn acknowledge(&mut self, echo: &Echo<'_>) {
        let Some(message_id) = echo.message_id else {
            return;
        };
        let Some(subject) = self.subjects.ack(message_id) else {
            return;
        };
        let ack = Ack {
            message_id,
            service_name: echo.service_name.unwrap_or("unknown"),
            instance_id: &self.router,
            success: true,
            error_message: None,
            processing_time_ms: LEAST_MS,
            trace_id: echo.trace_id.unwrap_or("unknown"),
        };
        self.outbox
            .publish(&subject, None, &[], None, |out| ack.encode(out));
    }
}
