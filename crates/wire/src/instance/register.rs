use std::time::Duration;

use aegis_types::limits::{
    MAX_HEARTBEAT_INTERVAL, MAX_METADATA_BYTES, MAX_METHODS, MIN_HEARTBEAT_INTERVAL,
};
use aegis_types::{Incarnation, MethodName, ResourceId, Role, Safety};

use crate::names::{name, service_and_instance};
use crate::value::{Raw, Reader, ValueError, Writer, elements, fields};

/// Most capabilities that one registration may name.
const MAX_CAPABILITIES: usize = 64;

/// An instance wants to be known.
///
/// | key | type | needed | |
/// |---|---|---|---|
/// | `service_name`, `instance_id` | text | yes | names; trimmed; strict tokens if native |
/// | `role` | text | no | `active` or `standby` (if none is named) |
/// | `metadata` | map | default `{}` | what the service wants to say, at most 16,384 bytes as MessagePack; `resource_id` in it names the resource that the role is about |
/// | `incarnation` | int | native | this life; makes the registration a native one |
/// | `protocol` | int | default 1 | highest version spoken, at most 255 |
/// | `version` | text | no | of the service's own software |
/// | `methods` | list | default `[]` | [`MethodDeclaration`]s, at most 256 |
/// | `heartbeat_interval_ms` | int | no | ms, 10 to 300,000 |
/// | `capabilities` | list of text | default `[]` | `lifeline`, ...; at most 64 |
#[derive(Clone, Debug, PartialEq)]
pub struct RegisterRequest<'a> {
    /// The service offered.
    pub service_name: &'a str,
    /// Who offers it.
    pub instance_id: &'a str,
    /// The role asked for; `None` if it named none.
    pub role: Option<Role>,
    /// Whatever the service wants to say, as it came: a map.
    pub metadata: Raw<'a>,
    /// What a native instance adds.
    pub native: Option<NativeRegistration<'a>>,
}

/// What a native registration adds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NativeRegistration<'a> {
    /// This life.
    pub incarnation: Incarnation,
    /// Highest protocol version spoken.
    pub protocol: u8,
    /// Version of the service's own software.
    pub version: Option<&'a str>,
    /// What it can do.
    pub methods: Vec<MethodDeclaration<'a>>,
    /// How often it wants to send heartbeats.
    pub heartbeat_interval: Option<Duration>,
    /// What it keeps to.
    pub capabilities: Vec<&'a str>,
}

/// A method that a service declares.
///
/// | key | type | needed | |
/// |---|---|---|---|
/// | `name` | text | yes | names; trimmed |
/// | `safety` | text | default `at_most_once` | or `idempotent` |
/// | `attempt_timeout_ms` | int | no | longest span of one attempt, ms, from 1 |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MethodDeclaration<'a> {
    /// Its name.
    pub name: &'a str,
    /// What running it twice does.
    pub safety: Safety,
    /// Longest span of one attempt.
    pub attempt_timeout: Option<Duration>,
}

impl<'a> RegisterRequest<'a> {
    /// Reads and checks a message.
    pub fn decode(body: &'a [u8]) -> Result<RegisterRequest<'a>, ValueError> {
        let (mut service_name, mut instance_id, mut role) = (None, None, None);
        let mut metadata = Raw::EMPTY_MAP;
        let mut incarnation = None;
        let mut native = NativeRegistration {
            incarnation: Incarnation::from_bits(0),
            protocol: crate::PROTOCOL,
            version: None,
            methods: Vec::new(),
            heartbeat_interval: None,
            capabilities: Vec::new(),
        };
        fields(body, |key, reader| {
            match key {
                b"service_name" => service_name = Some(reader.text("service_name")?),
                b"instance_id" => instance_id = Some(reader.text("instance_id")?),
                b"role" => role = reader.nullable(role_word)?,
                b"metadata" => metadata = reader.raw()?,
                b"incarnation" => incarnation = reader.nullable(|r| r.uint("incarnation"))?,
                b"protocol" => {
                    let protocol = reader.nullable(|r| r.uint_as("protocol", "below 256"))?;
                    native.protocol = protocol.unwrap_or(crate::PROTOCOL);
                }
                b"version" => native.version = reader.nullable(|r| r.text("version"))?,
                b"methods" => {
                    native.methods =
                        elements(reader, "methods", MAX_METHODS, MethodDeclaration::read)?;
                }
                b"heartbeat_interval_ms" => {
                    native.heartbeat_interval = reader.nullable(interval)?;
                }
                b"capabilities" => {
                    native.capabilities =
                        elements(reader, "capabilities", MAX_CAPABILITIES, |reader| {
                            reader.text("capabilities")
                        })?;
                }
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        if metadata.bytes().len() > MAX_METADATA_BYTES {
            return Err(ValueError::OutOfRange {
                field: "metadata",
                allowed: "at most 16384 bytes as MessagePack",
            });
        }
        if !metadata.is_map() {
            return Err(ValueError::WrongType {
                field: "metadata",
                expected: "a map",
            });
        }
        let (service_name, instance_id) =
            service_and_instance(service_name, instance_id, incarnation.is_some())?;
        Ok(RegisterRequest {
            service_name,
            instance_id,
            role,
            metadata,
            native: incarnation.map(|bits| NativeRegistration {
                incarnation: Incarnation::from_bits(bits),
                ..native
            }),
        })
    }

    /// The resource that the role is about: `metadata.resource_id`. Nil and an empty text mean
    /// none. Anything else that is not a text is refused: guessing might make two actives.
    pub fn resource_id(&self) -> Result<Option<&'a str>, ValueError> {
        let field = "metadata.resource_id";
        let mut found = Raw::NIL;
        fields(self.metadata.bytes(), |key, reader| {
            match key {
                b"resource_id" => found = reader.raw()?,
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        if found.is_nil() {
            return Ok(None);
        }
        let text = found.as_text().ok_or(ValueError::WrongType {
            field,
            expected: "a text",
        })?;
        if text.trim().is_empty() {
            return Ok(None);
        }
        name(field, Some(text), ResourceId::check).map(Some)
    }

    /// Appends the message to `out`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        Writer::new(out).map(|map| {
            map.key("service_name").text(self.service_name);
            map.key("instance_id").text(self.instance_id);
            map.text_if("role", self.role.map(Role::as_str));
            map.key("metadata").raw(self.metadata);
            let Some(native) = &self.native else { return };
            map.key("incarnation").uint(native.incarnation.bits());
            map.key("protocol").uint(native.protocol.into());
            map.text_if("version", native.version);
            let mut methods = map.key("methods");
            methods.array(native.methods.len());
            for method in &native.methods {
                method.write(&mut methods);
            }
            map.uint_if(
                "heartbeat_interval_ms",
                native.heartbeat_interval.map(millis),
            );
            let mut capabilities = map.key("capabilities");
            capabilities.array(native.capabilities.len());
            for capability in &native.capabilities {
                capabilities.text(capability);
            }
        });
    }
}

impl<'a> MethodDeclaration<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<MethodDeclaration<'a>, ValueError> {
        let mut text = None;
        let mut safety = Safety::default();
        let mut attempt_timeout = None;
        let raw = reader.raw()?;
        if !raw.is_map() {
            return Err(ValueError::WrongType {
                field: "methods",
                expected: "a list of maps",
            });
        }
        fields(raw.bytes(), |key, reader| {
            match key {
                b"name" => text = Some(reader.text("methods.name")?),
                b"safety" => safety = reader.nullable(safety_word)?.unwrap_or_default(),
                b"attempt_timeout_ms" => attempt_timeout = reader.nullable(attempt_span)?,
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        Ok(MethodDeclaration {
            name: name("methods.name", text, MethodName::check)?,
            safety,
            attempt_timeout,
        })
    }

    fn write(&self, list: &mut Writer<'_>) {
        list.map(|map| {
            map.key("name").text(self.name);
            map.key("safety").text(self.safety.as_str());
            map.uint_if("attempt_timeout_ms", self.attempt_timeout.map(millis));
        });
    }
}

fn role_word(reader: &mut Reader<'_>) -> Result<Role, ValueError> {
    let field = "role";
    Role::from_word(reader.text(field)?).ok_or(ValueError::OutOfRange {
        field,
        allowed: "`active` or `standby`",
    })
}

fn safety_word(reader: &mut Reader<'_>) -> Result<Safety, ValueError> {
    let field = "methods.safety";
    Safety::from_word(reader.text(field)?).ok_or(ValueError::OutOfRange {
        field,
        allowed: "`at_most_once` or `idempotent`",
    })
}

fn attempt_span(reader: &mut Reader<'_>) -> Result<Duration, ValueError> {
    let field = "methods.attempt_timeout_ms";
    match reader.millis(field)? {
        0 => Err(ValueError::OutOfRange {
            field,
            allowed: "1 millisecond or more",
        }),
        millis => Ok(Duration::from_millis(millis)),
    }
}

fn interval(reader: &mut Reader<'_>) -> Result<Duration, ValueError> {
    let field = "heartbeat_interval_ms";
    let interval = Duration::from_millis(reader.millis(field)?);
    (MIN_HEARTBEAT_INTERVAL..=MAX_HEARTBEAT_INTERVAL)
        .contains(&interval)
        .then_some(interval)
        .ok_or(ValueError::OutOfRange {
            field,
            allowed: "10 to 300000 milliseconds",
        })
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
