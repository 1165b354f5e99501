use std::fmt;

/// An instance's part in a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Role {
    /// It is the one that serves.
    Active,
    /// It stands by.
    #[default]
    Standby,
}

impl Role {
    /// The word in requests.
    pub const fn as_str(self) -> &'static str {
        match self {
            Role::Active => "active",
            Role::Standby => "standby",
        }
    }

    /// The word in replies and listings: the first AegisIPC shouts it.
    pub const fn upper(self) -> &'static str {
        match self {
            Role::Active => "ACTIVE",
            Role::Standby => "STANDBY",
        }
    }

    /// The role of a word in a request: exactly `active` or `standby`.
    pub fn from_word(word: &str) -> Option<Role> {
        match word {
            "active" => Some(Role::Active),
            "standby" => Some(Role::Standby),
            _ => None,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_exact() {
        for role in [Role::Active, Role::Standby] {
            assert_eq!(Role::from_word(role.as_str()), Some(role));
            assert_eq!(Role::from_word(role.upper()), None);
        }
        assert_eq!(Role::default(), Role::Standby);
    }
}
