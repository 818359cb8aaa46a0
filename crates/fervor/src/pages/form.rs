//! What a form of HTML sends.

use crate::api::call::Call;
use crate::api::problem::Problem;
use crate::api::unescaped;
use crate::t;

/// Bytes of a form: far beyond what people write into one.
const FORM_MAX: usize = 64 * 1024;
/// Bytes of a form that holds a document, of which each letter may take nine.
const DOCUMENT_MAX: usize = 9 * 1024 * 1024;

/// The fields of a form: name and value. A name may come more than once.
#[derive(Debug)]
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    pub(super) fn read(call: &Call) -> Result<Self, Problem> {
        Self::within(call, FORM_MAX)
    }

    /// A form that holds a document.
    pub(super) fn document(call: &Call) -> Result<Self, Problem> {
        Self::within(call, DOCUMENT_MAX)
    }

    fn within(call: &Call, most: usize) -> Result<Self, Problem> {
        let kind = call.header("content-type").unwrap_or_default();
        let is_form = kind.split(';').next().is_some_and(|kind| kind.trim() == "application/x-www-form-urlencoded");
        let fields = is_form.then(|| fields(&call.body, most)).flatten();
        fields.map(Self).ok_or_else(|| Problem::malformed(t::form_not_of_page()))
    }

    /// What stands in the query of an address; nothing where it cannot be read.
    pub(super) fn query(text: &str) -> Vec<(String, String)> {
        fields(text.as_bytes(), FORM_MAX).unwrap_or_default()
    }

    /// All fields by name; of those that come more than once the last.
    pub(super) fn by_name(self) -> std::collections::BTreeMap<String, String> {
        self.0.into_iter().collect()
    }

    /// What was written into a field; nothing if it is not there.
    pub(super) fn field(&self, name: &str) -> &str {
        self.0.iter().rfind(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// Everything, in the order of the form.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// All that was chosen of several.
    pub(super) fn all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

fn fields(body: &[u8], most: usize) -> Option<Vec<(String, String)>> {
    let text = std::str::from_utf8(body).ok().filter(|text| text.len() <= most)?;
    let field = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = unescaped(value).filter(|value| !value.contains('\0'))?;
        Some((unescaped(name)?, value))
    };
    text.split('&').filter(|pair| !pair.is_empty()).map(field).collect()
}

#[cfg(test)]
mod tests {
    use super::{FORM_MAX, Form, fields};

    #[test]
    fn fields_are_read_as_browsers_write_them() {
        let read =
            fields(b"email=ada%40example.org&name=Ada+L.&password=%C3%B8+%26+%3D&empty=&may=read&may=write", FORM_MAX);
        let form = Form(read.unwrap());
        assert_eq!(form.field("email"), "ada@example.org");
        assert_eq!(form.field("name"), "Ada L.");
        assert_eq!(form.field("password"), "\u{f8} & =");
        assert_eq!((form.field("empty"), form.field("none")), ("", ""));
        assert_eq!(form.all("may").collect::<Vec<_>>(), ["read", "write"]);
        for torn in [&b"a=%"[..], b"a=%00", b"a=%ff", b"\xff"] {
            assert!(fields(torn, FORM_MAX).is_none(), "{torn:?}");
        }
        assert!(fields(&vec![b'a'; 70_000], FORM_MAX).is_none());
    }
}
