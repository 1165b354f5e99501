use crate::value::{Reader, ValueError, Writer, fields};

/// Most entries of one page, and as many as come if the request names no number.
pub const MAX_PAGE: u16 = 1000;

/// One page of services or of instances, please. An empty message is a request for the first page
/// of all.
///
/// | key | type | needed | |
/// |---|---|---|---|
/// | `service` | text | no | this service alone |
/// | `instance` | text | no | instances only: the one with this id alone |
/// | `after` | text | no | `next` of the page before |
/// | `limit` | int | default 1000 | at most this many entries, 1 to 1,000 |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListRequest<'a> {
    /// This service alone.
    pub service: Option<&'a str>,
    /// The instance with this id alone; lists of services take no notice of it.
    pub instance: Option<&'a str>,
    /// `next` of the page before.
    pub after: Option<&'a str>,
    /// At most this many entries.
    pub limit: u16,
}

impl Default for ListRequest<'_> {
    fn default() -> Self {
        ListRequest {
            service: None,
            instance: None,
            after: None,
            limit: MAX_PAGE,
        }
    }
}

impl<'a> ListRequest<'a> {
    /// Reads and checks a message.
    pub fn decode(body: &'a [u8]) -> Result<ListRequest<'a>, ValueError> {
        let mut request = ListRequest::default();
        if body.is_empty() {
            return Ok(request);
        }
        fields(body, |key, reader| {
            match key {
                b"service" => request.service = reader.nullable(|r| r.text("service"))?,
                b"instance" => request.instance = reader.nullable(|r| r.text("instance"))?,
                b"after" => request.after = reader.nullable(|r| r.text("after"))?,
                b"limit" => request.limit = reader.nullable(limit)?.unwrap_or(MAX_PAGE),
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        Ok(request)
    }

    /// Appends the message to `out`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        Writer::new(out).map(|map| {
            map.text_if("service", self.service);
            map.text_if("instance", self.instance);
            map.text_if("after", self.after);
            map.key("limit").uint(self.limit.into());
        });
    }
}

fn limit(reader: &mut Reader<'_>) -> Result<u16, ValueError> {
    u16::try_from(reader.uint("limit")?)
        .ok()
        .filter(|limit| (1..=MAX_PAGE).contains(limit))
        .ok_or(ValueError::OutOfRange {
            field: "limit",
            allowed: "1 to 1000",
        })
}
