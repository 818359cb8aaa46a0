//! What others keep beside the facts, rewritten.

use store::Manner;
use store::keep::Document;

use crate::error::Result;
use crate::service::Service;

impl Service {
    /// Looks at all documents of a kind, the latest first, so many in one transaction; those of which something comes
    /// have that for a text from then on.
    ///
    /// # Errors
    ///
    /// If the database does not do it; some may be rewritten then.
    pub fn rewrite(&self, kind: &str, at_once: usize, mut anew: impl FnMut(&Document) -> Option<String>) -> Result<()> {
        let mut before: Option<String> = None;
        loop {
            let mut session = self.session(Manner::Together)?;
            let found = session.documents(kind, before.as_deref(), at_once)?;
            let Some(last) = found.last() else { return Ok(()) };
            before = Some(last.id.clone());
            let mut is_any = false;
            for document in &found {
                if let Some(text) = anew(document) {
                    session.put_document(kind, &Document { text, ..document.clone() })?;
                    is_any = true;
                }
            }
            if is_any {
                session.commit()?;
            }
        }
    }
}
