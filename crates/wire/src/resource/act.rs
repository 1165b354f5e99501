/// What is asked about resources; the word stands in the subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ResourceAct {
    /// Own these.
    Register,
    /// Own these no more.
    Release,
    /// Own many.
    BulkRegister,
    /// Own many no more.
    BulkRelease,
    /// Give these to another instance.
    Transfer,
    /// Who owns what?
    Query,
}

impl ResourceAct {
    /// All of them, in the order of the reference page.
    pub const ALL: [ResourceAct; 6] = [
        ResourceAct::Register,
        ResourceAct::Release,
        ResourceAct::BulkRegister,
        ResourceAct::BulkRelease,
        ResourceAct::Transfer,
        ResourceAct::Query,
    ];

    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            ResourceAct::Register => "register",
            ResourceAct::Release => "release",
            ResourceAct::BulkRegister => "bulk_register",
            ResourceAct::BulkRelease => "bulk_release",
            ResourceAct::Transfer => "transfer",
            ResourceAct::Query => "query",
        }
    }

    /// The act of a word.
    pub fn from_word(word: &str) -> Option<ResourceAct> {
        ResourceAct::ALL
            .into_iter()
            .find(|act| act.as_str() == word)
    }
}
