//! The four members of a call.

use super::{Call, ErrorObject, strict};
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use std::fmt;

/// The members of a call as sent; only the id has been looked at.
pub(super) struct Envelope<'a> {
    /// The id, byte for byte; `None` in a notification.
    pub(super) id: Option<&'a RawValue>,
    members: Members<'a>,
    bytes: usize,
}

#[derive(Default)]
struct Members<'a> {
    jsonrpc: Option<&'a RawValue>,
    method: Option<&'a RawValue>,
    params: Option<&'a RawValue>,
    id: Option<&'a RawValue>,
}

impl<'a> Envelope<'a> {
    /// Reads the members. An error has no id that an answer could name.
    pub(super) fn read(text: &'a RawValue) -> Result<Self, ErrorObject> {
        if !text.get().starts_with('{') {
            return Err(ErrorObject::invalid_request("A call is a JSON object."));
        }
        let members: Members<'a> = serde_json::from_str(text.get())
            .map_err(|error| ErrorObject::invalid_request(&format!("{error}.")))?;
        // The text is JSON, so the first byte tells the type.
        let id_fits = members.id.is_none_or(|id| {
            id.get()
                .starts_with(|first: char| matches!(first, 'n' | '"' | '-' | '0'..='9'))
        });
        if !id_fits {
            return Err(ErrorObject::invalid_request(
                "The id is neither a string nor a number nor null.",
            ));
        }
        Ok(Self {
            id: members.id,
            members,
            bytes: text.get().len(),
        })
    }

    /// The call, or why it is none. `INVALID_PARAMS` means a valid call that is refused.
    pub(super) fn call(&self) -> Result<Call, ErrorObject> {
        let version: Option<String> = text_of(self.members.jsonrpc);
        if version.as_deref() != Some("2.0") {
            return Err(ErrorObject::invalid_request(
                "The member jsonrpc is not \"2.0\".",
            ));
        }
        let method = text_of(self.members.method)
            .ok_or_else(|| ErrorObject::invalid_request("The member method is not a string."))?;
        let params = match self.members.params {
            None => None,
            // Some clients send an empty array where nothing is given; it has no position to mistake.
            Some(params) if is_empty_array(params) => None,
            Some(params) if params.get().starts_with('[') => {
                return Err(ErrorObject::invalid_params(
                    "",
                    "an object with the params by name",
                    "The params are positional; every method takes them by name.",
                    "Send params as an object; rpc.discover names the params of each method.",
                ));
            }
            Some(params) if params.get().starts_with('{') => match strict::read(params)? {
                Value::Object(params) => Some(params),
                _ => None,
            },
            Some(_) => {
                return Err(ErrorObject::invalid_request(
                    "The params are neither an object nor an array.",
                ));
            }
        };
        Ok(Call {
            method,
            params,
            notification: self.id.is_none(),
            bytes: self.bytes,
        })
    }
}

fn is_empty_array(raw: &RawValue) -> bool {
    let inside = raw
        .get()
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    inside.is_some_and(|inside| inside.trim_ascii().is_empty())
}

fn text_of(member: Option<&RawValue>) -> Option<String> {
    member.and_then(|raw| serde_json::from_str(raw.get()).ok())
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a call object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Members::default();
                while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
                    let place = match name.as_str() {
                        "jsonrpc" => &mut members.jsonrpc,
                        "method" => &mut members.method,
                        "params" => &mut members.params,
                        "id" => &mut members.id,
                        _ => continue,
                    };
                    if place.replace(value).is_some() {
                        return Err(A::Error::custom(format!("the member {name} stands twice")));
                    }
                }
                Ok(members)
            }
        }

        deserializer.deserialize_map(Reader)
    }
}
