//! The first steps: something to look at, and what is still to be done until the service works for its people.

use serde_json::json;
use store::Manner;
use store::keep::Document;
use store::subject::Kind as Subject;

use super::frame::see;
use crate::api::access::{self, Scope};
use crate::api::answer::Answer;
use crate::api::call::Call;
use crate::api::imports::no_room;
use crate::api::problem::{Kind as Wrong, Problem};
use crate::import::job::{self, Job};
use crate::import::queue::Order;
use crate::people::user;
use crate::sample as shipped;
use crate::t;

/// The kind of the document that says that the first steps are over, and its id.
const FIRST: &str = "first";
const OVER: &str = "over";

/// What is to be done first.
#[derive(Debug)]
pub(super) struct First {
    /// Whether there is nothing yet, so that a sample may be loaded.
    pub(super) is_empty: bool,
    pub(super) may_publish: bool,
    pub(super) has_contacts: bool,
    pub(super) has_rules: bool,
    pub(super) has_source: bool,
    pub(super) has_company: bool,
}

impl First {
    /// What is still to be done by somebody who may; nothing once it is over.
    pub(super) fn of(call: &Call) -> Result<Option<Self>, Problem> {
        if call.who.may(Scope::Write).is_err() {
            return Ok(None);
        }
        let service = &call.app.service;
        let mut session = service.session(Manner::Reading)?;
        if session.document(FIRST, OVER)?.is_some() {
            return Ok(None);
        }
        let has_contacts = !session.walk(Subject::Contact, 0, 1)?.is_empty();
        let has_company = user::all(&mut session)?.len() > 1;
        drop(session);
        let models = service.models()?;
        let has_rules = models.current.or(models.candidate).is_some();
        let can_ingest = |key: &access::Key| key.revoked_at.is_none() && access::allow(&key.scopes, Scope::Ingest);
        let first = Self {
            is_empty: !has_contacts && !has_rules,
            may_publish: call.who.may(Scope::Admin).is_ok(),
            has_contacts,
            has_rules,
            has_source: access::list(service)?.iter().any(can_ingest),
            has_company,
        };
        if first.is_done() {
            over(call)?;
            return Ok(None);
        }
        Ok(Some(first))
    }

    fn is_done(&self) -> bool {
        self.has_contacts && self.has_rules && self.has_source && self.has_company
    }
}

/// Nobody is reminded any more.
fn over(call: &Call) -> Result<(), Problem> {
    let mut session = call.app.service.session(Manner::Together)?;
    let document = Document { id: OVER.to_owned(), at: call.received, until: None, text: String::new() };
    session.put_document(FIRST, &document)?;
    Ok(session.commit()?)
}

pub(super) fn hide(call: &Call) -> Result<Answer, Problem> {
    over(call)?;
    Ok(see("/"))
}

/// Loads the sample: its rules are published, and its members imported as any file is.
pub(super) fn sample(call: &Call) -> Result<Answer, Problem> {
    let app = &call.app;
    if First::of(call)?.is_none_or(|first| !first.is_empty) {
        return Err(Problem::new(Wrong::Conflict, t::first_sample_refused()));
    }
    let folder = app.imports.folder().map_err(|error| no_room(&error))?;
    let version = app.service.publish(shipped::MODEL, &call.by())?;
    app.audit(call, "publish", &json!({"version": version}))?;
    app.wake();
    let sources = shipped::moved_to(app.service.version(version)?.model.zone.day_of(call.received));
    let job = Job { name: "Sample association".to_owned(), by: call.by(), ..Job::default() };
    let job = job::create(&app.service, job)?;
    app.audit(call, "import", &json!({"import": job.id, "name": job.name}))?;
    let to = see(&format!("/imports/{}", job.id));
    app.imports.push(Order { job, sources, digests: std::collections::BTreeMap::new(), folder });
    Ok(to)
}
