//! JSON as PostgreSQL's `json` and `jsonb` have it: numbers keep all their digits, which `f64` would lose.

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Json {
    Null,
    Bool(bool),
    /// As it was printed.
    Number(String),
    Text(String),
    Array(Vec<Json>),
    /// Of keys that are there twice the last counts, as in `jsonb`.
    Object(Vec<(String, Json)>),
}

/// Deeper than any data, and far from the end of the stack.
const DEPTH: usize = 200;

impl Json {
    /// Reads one JSON value; `None` when the text is not exactly one.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut reader = Reader { rest: text };
        let value = reader.value(DEPTH)?;
        reader.blank();
        reader.rest.is_empty().then_some(value)
    }

    /// The value of a key of an object.
    pub(super) fn field(&self, key: &str) -> Option<&Json> {
        match self {
            Json::Object(fields) => fields.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// What `jsonb_typeof` calls it.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Json::Null => "null",
            Json::Bool(_) => "boolean",
            Json::Number(_) => "number",
            Json::Text(_) => "string",
            Json::Array(_) => "array",
            Json::Object(_) => "object",
        }
    }
}

impl From<&serde_json::Value> for Json {
    fn from(value: &serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Json::Null,
            serde_json::Value::Bool(value) => Json::Bool(*value),
            serde_json::Value::Number(number) => Json::Number(number.to_string()),
            serde_json::Value::String(text) => Json::Text(text.clone()),
            serde_json::Value::Array(items) => Json::Array(items.iter().map(Json::from).collect()),
            serde_json::Value::Object(fields) => {
                Json::Object(fields.iter().map(|(key, value)| (key.clone(), Json::from(value))).collect())
            }
        }
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn blank(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    fn take(&mut self, token: &str) -> bool {
        self.blank();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn value(&mut self, depth: usize) -> Option<Json> {
        let depth = depth.checked_sub(1)?;
        self.blank();
        match self.rest.bytes().next()? {
            b'{' => self.object(depth),
            b'[' => self.array(depth),
            b'"' => self.text().map(Json::Text),
            b'-' | b'0'..=b'9' => self.number(),
            _ if self.take("true") => Some(Json::Bool(true)),
            _ if self.take("false") => Some(Json::Bool(false)),
            _ => self.take("null").then_some(Json::Null),
        }
    }

    fn array(&mut self, depth: usize) -> Option<Json> {
        let mut items = Vec::new();
        self.take("[");
        if self.take("]") {
            return Some(Json::Array(items));
        }
        loop {
            items.push(self.value(depth)?);
            if self.take("]") {
                return Some(Json::Array(items));
            }
            self.take(",").then_some(())?;
        }
    }

    fn object(&mut self, depth: usize) -> Option<Json> {
        let mut fields: Vec<(String, Json)> = Vec::new();
        self.take("{");
        if self.take("}") {
            return Some(Json::Object(fields));
        }
        loop {
            self.blank();
            let key = self.text()?;
            self.take(":").then_some(())?;
            let value = self.value(depth)?;
            fields.retain(|(name, _)| *name != key);
            fields.push((key, value));
            if self.take("}") {
                return Some(Json::Object(fields));
            }
            self.take(",").then_some(())?;
        }
    }

    /// A string's own rules are those of any JSON reader: only its end must be found here.
    fn text(&mut self) -> Option<String> {
        let inside = self.rest.strip_prefix('"')?;
        let mut escaped = false;
        let end = inside.bytes().position(|byte| {
            let closes = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            closes
        })?;
        let (token, rest) = self.rest.split_at(end + 2);
        self.rest = rest;
        serde_json::from_str(token).ok()
    }

    fn number(&mut self) -> Option<Json> {
        let end = self.rest.find(|c: char| !matches!(c, '0'..='9' | '-' | '+' | '.' | 'e' | 'E'));
        let (token, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        is_number(token).then(|| Json::Number(token.to_string()))
    }
}

/// The grammar of JSON's numbers (RFC 8259, section 6), which knows neither `010` nor `.5`.
fn is_number(token: &str) -> bool {
    let unsigned = token.strip_prefix('-').unwrap_or(token);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(digits)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_number_keeps_all_its_digits() {
        let digits = "12345678901234567890.1234567890";
        assert_eq!(Json::parse(&format!("[{digits}]")), Some(Json::Array(vec![Json::Number(digits.into())])));
    }

    #[test]
    fn the_last_of_two_equal_keys_counts() {
        assert_eq!(Json::parse(r#"{"a":1,"a":2}"#).unwrap().field("a"), Some(&Json::Number("2".into())));
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for text in [
            "",
            "{",
            "[1,]",
            "{a:1}",
            "\"open",
            "1 2",
            "nul",
            "[1 2]",
            "{\"a\" 1}",
            "--1",
            "\"\\q\"",
            "010",
            "1.",
            ".5",
            "1e",
        ] {
            assert_eq!(Json::parse(text), None, "{text}");
        }
    }

    #[test]
    fn depth_without_end_is_refused_and_does_not_end_the_program() {
        assert_eq!(Json::parse(&"[".repeat(100_000)), None);
    }

    proptest! {
        #[test]
        fn any_text_survives_as_a_string(text: String) {
            let json = serde_json::Value::String(text.clone()).to_string();
            prop_assert_eq!(Json::parse(&json), Some(Json::Text(text)));
        }

        #[test]
        fn no_text_makes_it_panic(text in "[\\[\\]{},:\"\\\\0-9a-z .-]{0,40}") {
            let _ = Json::parse(&text);
        }
    }
}
