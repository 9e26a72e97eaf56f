//! Params as a value, refusing what two readers could understand differently.

use super::ErrorObject;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Number, Value};
use std::cell::RefCell;
use std::fmt;

/// Reads params; a member that stands twice is named by its pointer.
pub(super) fn read(params: &RawValue) -> Result<Value, ErrorObject> {
    let twice = RefCell::new(None);
    let seed = Reader {
        pointer: String::new(),
        twice: &twice,
    };
    let read = seed.deserialize(&mut serde_json::Deserializer::from_str(params.get()));
    let error = match read {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    match twice.into_inner() {
        Some(pointer) => Err(ErrorObject::invalid_params(
            &pointer,
            "each member once",
            &format!("The member at {pointer} stands twice."),
            &format!("Send {pointer} once."),
        )),
        // Well-formed, but no value: nested too deep, half a surrogate pair, a number that no
        // machine holds.
        None => Err(ErrorObject::parse_error(&format!(
            "The params cannot be read: {error}."
        ))),
    }
}

struct Reader<'t> {
    pointer: String,
    twice: &'t RefCell<Option<String>>,
}

impl Reader<'_> {
    fn below(&self, step: &str) -> Self {
        let step = step.replace('~', "~0").replace('/', "~1");
        Self {
            pointer: format!("{}/{step}", self.pointer),
            twice: self.twice,
        }
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(self.below(&items.len().to_string()))? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            let below = self.below(&name);
            if members.contains_key(&name) {
                self.twice.replace(Some(below.pointer));
                return Err(A::Error::custom("a member stands twice"));
            }
            members.insert(name, map.next_value_seed(below)?);
        }
        Ok(Value::Object(members))
    }
}
