//! Room for connections: each needs a file descriptor, and the system grants a process few of them
//! unless it asks for more.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::BindError;

/// Descriptors kept for everything that is not a connection of the broker: its listeners and its
/// poll, the standard streams, the admin listener with its connections, files.
pub(crate) const RESERVE: usize = 128;

/// What became of the wish for so many connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Room {
    /// The process may open enough.
    Enough,
    /// Its soft limit has to be raised.
    Raise { to: usize },
    /// Even its hard limit is too low.
    TooLittle { hard: usize },
}

fn room(connections: usize, soft: Option<usize>, hard: Option<usize>) -> Room {
    let needed = connections.saturating_add(RESERVE);
    if soft.is_none_or(|soft| soft >= needed) {
        return Room::Enough;
    }
    match hard {
        Some(hard) if hard < needed => Room::TooLittle { hard },
        _ => Room::Raise { to: needed },
    }
}

/// Raises the soft limit of this process as far as `connections` need it, never lowers it. Answers
/// for how many there is room.
///
/// If the hard limit is too low, that is an error when somebody asked for exactly so many, and else
/// a warning: the default is generous, and fewer will nearly always do.
pub(crate) fn make_room(connections: usize, is_asked_for: bool) -> Result<usize, BindError> {
    let limit = getrlimit(Resource::Nofile);
    let count = |limit: Option<u64>| limit.map(|it| usize::try_from(it).unwrap_or(usize::MAX));
    match room(connections, count(limit.current), count(limit.maximum)) {
        Room::Enough => Ok(connections),
        Room::Raise { to } => raise(limit, to).map(|()| connections),
        Room::TooLittle { hard } if is_asked_for => Err(BindError::TooFewDescriptors {
            connections,
            reserve: RESERVE,
            hard,
        }),
        Room::TooLittle { hard } => {
            raise(limit, hard)?;
            let left = hard.saturating_sub(RESERVE).max(1);
            tracing::warn!(
                event = "connections_limited",
                default = connections,
                limit = left,
                descriptors = hard,
                "this process may open too few files for the default number of connections; raise its hard \
                 limit (`ulimit -Hn`, LimitNOFILE= in systemd), or set limits.connections"
            );
            Ok(left)
        }
    }
}

fn raise(limit: Rlimit, to: usize) -> Result<(), BindError> {
    let raised = Rlimit {
        current: Some(to as u64),
        ..limit
    };
    setrlimit(Resource::Nofile, raised).map_err(|error| BindError::Setup(error.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soft_limit_is_raised_as_far_as_needed_and_never_lowered() {
        let needed = 1_000 + RESERVE;
        let raise = Room::Raise { to: needed };
        assert_eq!(room(1_000, Some(needed), Some(needed)), Room::Enough);
        assert_eq!(room(1_000, Some(needed - 1), Some(needed)), raise);
        assert_eq!(room(1_000, Some(needed - 1), None), raise);
        assert_eq!(room(1_000, Some(99_999), Some(99_999)), Room::Enough);
        assert_eq!(room(1_000, None, None), Room::Enough);
        let hard = needed - 1;
        assert_eq!(room(1_000, Some(256), Some(hard)), Room::TooLittle { hard });
    }

    #[test]
    fn what_cannot_be_is_an_error_only_if_it_was_asked_for() {
        // More than any system grants, unless it grants without end.
        let connections = usize::MAX;
        if getrlimit(Resource::Nofile).maximum.is_none() {
            return;
        }
        let error = make_room(connections, true).unwrap_err();
        assert_eq!(error.code(), "too_few_descriptors");
        assert!(error.hint().is_some());
        assert!(make_room(connections, false).unwrap() < connections);
    }
}
