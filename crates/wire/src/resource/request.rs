use crate::value::{Raw, Reader, ValueError, fields};

/// An act on resources, as far as its refusal must repeat it.
///
/// | key | type | needed | |
/// |---|---|---|---|
/// | `service_name`, `instance_id` | text | no | who asks; a refined subject must name the same |
/// | `trace_id` | text | no | opaque, goes back with the reply |
/// | `resource_ids`, `resources` | list | no | what it is about, under one of the two; only counted |
///
/// Everything else is passed over, and nothing but the map itself is needed: the answer is "not yet"
/// however well the rest is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResourceRequest<'a> {
    /// The service that asks.
    pub service_name: Option<&'a str>,
    /// The instance that asks.
    pub instance_id: Option<&'a str>,
    /// Its trace id.
    pub trace_id: Option<&'a str>,
    /// How many resources it names.
    pub count: u64,
}

impl<'a> ResourceRequest<'a> {
    /// Reads a message.
    pub fn decode(body: &'a [u8]) -> Result<ResourceRequest<'a>, ValueError> {
        let mut request = ResourceRequest::default();
        fields(body, |key, reader| {
            let value = reader.raw()?;
            match key {
                b"service_name" => request.service_name = value.as_text().map(str::trim),
                b"instance_id" => request.instance_id = value.as_text().map(str::trim),
                b"trace_id" => request.trace_id = value.as_text(),
                b"resource_ids" | b"resources" => request.count = length(value),
                _ => {}
            }
            Ok(())
        })?;
        Ok(request)
    }
}

fn length(list: Raw<'_>) -> u64 {
    let length = Reader::new(list.bytes()).array("");
    length.map_or(0, u64::from)
}
