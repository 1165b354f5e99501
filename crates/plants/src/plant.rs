//! The table of plants: `docs/planted-bugs.md` is written from it.

use std::fmt;

macro_rules! plants {
    ($($variant:ident $name:literal
        mistake: $mistake:literal
        cost: $cost:literal
        rule: $rule:literal)*) => {
        /// A mistake that can be sown.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Plant {
            $(#[doc = $mistake] $variant,)*
        }

        impl Plant {
            /// All of them.
            pub const ALL: &[Plant] = &[$(Plant::$variant),*];

            /// The word that chooses it.
            pub const fn name(self) -> &'static str {
                match self { $(Plant::$variant => $name),* }
            }

            /// What a hurried engineer would have written.
            pub const fn mistake(self) -> &'static str {
                match self { $(Plant::$variant => $mistake),* }
            }

            /// What it costs a user.
            pub const fn cost(self) -> &'static str {
                match self { $(Plant::$variant => $cost),* }
            }

            /// The rule of the simulator's judge that is there to catch it. Another may be first.
            pub const fn rule(self) -> &'static str {
                match self { $(Plant::$variant => $rule),* }
            }
        }
    };
}

plants! {
    WallClockInLease "wall_clock_in_lease"
        mistake: "A lease is renewed by the clock on the wall, which somebody steps."
        cost: "Living instances expire, dead ones stay, whenever the time is corrected."
        rule: "Routable exactly as long as its lease lasts since its last frame."
    ScanInsteadOfDeadline "scan_instead_of_deadline"
        mistake: "Leases are looked at once a second, not when they end."
        cost: "A silent instance gets calls for up to a second more."
        rule: "Routable exactly as long as its lease lasts since its last frame."
    StaleIncarnationRenews "stale_incarnation_renews"
        mistake: "A heartbeat is matched by instance id alone: an earlier life passes for the present one."
        cost: "A zombie keeps its dead successor in routing, or deregisters a living one."
        rule: "Evidence of life counts for the life that gave it."
    ExpiryOnWaking "expiry_on_waking"
        mistake: "A router that overslept judges silence as if it had watched."
        cost: "One pause of the router, and whoever could not be heard meanwhile expires."
        rule: "Nobody expires by silence within a TTL of a late awakening."
    PreservingNeverEnds "preserving_never_ends"
        mistake: "What begins to preserve does not let go."
        cost: "After one mass silence the dead are kept for ever."
        rule: "Preserving lasts two TTLs at most."
    ClosedLifelineIgnored "closed_lifeline_ignored"
        mistake: "A lifeline closed by its peer is not taken for a proof: the lease will end it."
        cost: "Calls go to a dead process, and wait, for a whole TTL."
        rule: "Not routable after its end was seen."
    OwnCutTakenForDeath "own_cut_taken_for_death"
        mistake: "Any close of a lifeline counts as its process's death, also one that we made."
        cost: "A slow reader is declared dead, and its work is given to somebody else while it goes on."
        rule: "Unhealthy only for a reason that is true."
    InboxLossIgnored "inbox_loss_ignored"
        mistake: "When an inbox loses its subscriber, what is in flight there is left to its deadline."
        cost: "Calls wait seconds for an answer that cannot come."
        rule: "A call waits only for somebody who may still answer."
    DrainingIgnored "draining_ignored"
        mistake: "The lifecycle in a heartbeat is read and not kept."
        cost: "A draining instance never runs dry."
        rule: "No work for who takes no more."
    LivingHolderReplaced "living_holder_replaced"
        mistake: "A later incarnation takes an id without a proof that its holder is gone."
        cost: "Two processes that share an id by mistake throw each other out."
        rule: "Nobody's id is taken while it lives."
    OlderIncarnationAdmitted "older_incarnation_admitted"
        mistake: "Whoever asks for the id of a gone life gets it, also an earlier life."
        cost: "A zombie comes back after its successor, and incarnations no longer order lives."
        rule: "Under an id incarnations only rise."
    ExclusionIgnored "exclusion_ignored"
        mistake: "The ids that a caller excludes are read and not heeded."
        cost: "A caller that moves away from a bad instance gets it again."
        rule: "Not sent to whom its caller excluded."
    TriedInstanceTriedAgain "tried_instance_tried_again"
        mistake: "A reroute does not leave out who had the call already."
        cost: "An idempotent call spends its attempts on the one instance that cannot do it."
        rule: "Not sent to the same life twice."
    TurnLostOnRemoval "turn_lost_on_removal"
        mistake: "Round robin remembers a position: a removal moves everybody behind it by one."
        cost: "Whenever somebody leaves, somebody else loses a turn."
        rule: "No healthy instance is passed over."
    AtMostOnceRerouted "at_most_once_rerouted"
        mistake: "A lost attempt goes to the next instance whatever the method declared."
        cost: "Somebody is charged twice."
        rule: "Not sent again after an at_most_once attempt that may have run."
    LostTakenForNotRun "lost_taken_for_not_run"
        mistake: "An attempt whose connection was lost counts as not run."
        cost: "A caller is told to do it again, and it had been done."
        rule: "What is said not to have run never ran, nor will."
    AttemptsOffByOne "attempts_off_by_one"
        mistake: "`<=` where `<` belongs: one attempt more than the caller allows."
        cost: "`max_instances: 1` runs twice."
        rule: "No more attempts than the caller allows."
    BudgetNotCounted "budget_not_counted"
        mistake: "A retry asks the budget, and is not charged to it."
        cost: "A slow service is retried to death."
        rule: "Retries stay within a tenth of the calls and the reserve, counted from outside."
    UnheardEndsCall "unheard_ends_call"
        mistake: "A 503 is charged to the call, not to its attempt: it is answered, whoever else could take it."
        cost: "Calls fail that another instance would have taken, or still works on."
        rule: "No failure while somebody was there and not tried."
    OldIncarnationAnswers "old_incarnation_answers"
        mistake: "A reply counts as long as its call is open, whoever has its id by now."
        cost: "A fenced-off zombie's result is passed on as good."
        rule: "Not answered by a life whose id a later one has."
    LateSuccessDropped "late_success_dropped"
        mistake: "Only the newest attempt of a call is listened to."
        cost: "The work was done, the result was there, and the caller gets an error."
        rule: "A result that comes in time reaches its caller at once."
    CallLeakedOnDisconnect "call_leaked_on_disconnect"
        mistake: "The calls of a caller that is gone are left to their deadlines."
        cost: "Work is sent out for nobody, and places stay taken."
        rule: "Nothing is sent for whom nobody waits."
    EjectedForGood "ejected_for_good"
        mistake: "An outlier is put out, and nobody wrote the line that lets it back."
        cost: "One bad minute takes an instance out until it is restarted."
        rule: "Let back when its time is over."
    WholeServiceEjected "whole_service_ejected"
        mistake: "Outliers are ejected without a look at how many are left."
        cost: "A bad dependency takes the whole service out of routing."
        rule: "At most half of a service is ejected."
    AttemptNumberNotChecked "attempt_number_not_checked"
        mistake: "A reply is matched to its call, and taken for that of its newest attempt."
        cost: "A late refusal of one instance ends the work of another."
        rule: "An answer names whose it is; a call waits for who may still answer."
    DeadlineBeginsAnew "deadline_begins_anew"
        mistake: "Each attempt is given the timeout of the call, not what is left of it."
        cost: "An instance works on, and charges, for a caller that was told to give up."
        rule: "No instance is told a later end than the caller's."
    LostSendRepeated "lost_send_repeated"
        mistake: "The SDK sends a call again after losing the broker, whatever its caller wished."
        cost: "Each hiccup of the network charges somebody twice."
        rule: "The SDK's own invariants; an at_most_once handler starts once."
    LostSendTakenForNotRun "lost_send_taken_for_not_run"
        mistake: "The SDK tells its caller that what was out when the broker was lost did not run."
        cost: "The caller does it again, and it had been done."
        rule: "What is said not to have run never ran, nor will."
    LostAnswerEndsHeartbeats "lost_answer_ends_heartbeats"
        mistake: "The next heartbeat is planned when the answer to the last one comes."
        cost: "One lost message, and a living instance expires."
        rule: "When all is well, who lives is routable."
    UnknownNotHeeded "unknown_not_heeded"
        mistake: "An instance that the router says it does not know goes on sending heartbeats."
        cost: "After a long pause it never comes back."
        rule: "When all is well, who lives is registered."
    GroupServesTwo "group_serves_two"
        mistake: "A queue group's message goes on to the next member after it was taken."
        cost: "Work that one of a group should do is done twice."
        rule: "One member of a queue group gets a message, and one only."
    NoRespondersNotSent "no_responders_not_sent"
        mistake: "Nobody tells a requester that nobody listens."
        cost: "Each mistyped subject costs a whole timeout."
        rule: "A request that reaches nobody is answered 503."
    LastDeliveryNotLast "last_delivery_not_last"
        mistake: "`>` where `>=` belongs: a subscription with a maximum gets one message more."
        cost: "A request for one answer gets two."
        rule: "No subscription gets more than its maximum."
    SubscriptionOutlivesConnection "subscription_outlives_connection"
        mistake: "A closed connection's last subscription stays in the table."
        cost: "Requests wait for a process that is gone, where a 503 was due."
        rule: "The switch's own invariants."
    PendingUnbounded "pending_unbounded"
        mistake: "What waits for a slow reader is kept, whatever it comes to."
        cost: "One reader that stands still fills the memory of the broker."
        rule: "No more waits for a connection than its limit allows."
}

impl Plant {
    /// The plant of a name.
    pub fn from_name(name: &str) -> Option<Plant> {
        Plant::ALL
            .iter()
            .copied()
            .find(|plant| plant.name() == name)
    }
}

impl fmt::Display for Plant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
