//! What tracking SDKs and senders of CloudEvents say, unmodified.

use std::sync::{Arc, PoisonError};

use live::wire::cloud_events;
use live::wire::segment::{self, Arrival, Type};

use super::call::{Call, Said, Style};
use super::ingest::unreadable;
use super::problem::Problem;

pub(crate) fn batch(call: &Call) -> Result<Said, Problem> {
    read(call, segment::Call::Batch)
}

pub(crate) fn track(call: &Call) -> Result<Said, Problem> {
    read(call, segment::Call::One(Type::Track))
}

pub(crate) fn page(call: &Call) -> Result<Said, Problem> {
    read(call, segment::Call::One(Type::Page))
}

pub(crate) fn screen(call: &Call) -> Result<Said, Problem> {
    read(call, segment::Call::One(Type::Screen))
}

pub(crate) fn identify(call: &Call) -> Result<Said, Problem> {
    read(call, segment::Call::One(Type::Identify))
}

pub(crate) fn group(call: &Call) -> Result<Said, Problem> {
    read(call, segment::Call::One(Type::Group))
}

pub(crate) fn alias(call: &Call) -> Result<Said, Problem> {
    read(call, segment::Call::One(Type::Alias))
}

fn read(call: &Call, what: segment::Call) -> Result<Said, Problem> {
    // Ids of messages are told apart by the key that they come with.
    let source: Arc<str> = call.who.name().into();
    let zone = call.app.zone.read().unwrap_or_else(PoisonError::into_inner).clone();
    let arrival = Arrival { source: &source, zone: &zone, received: call.received };
    let items = segment::read(what, &call.body, arrival).map_err(unreadable)?;
    Ok(Said { items, style: Style::Tracking })
}

pub(crate) fn events(call: &Call) -> Result<Said, Problem> {
    let headers: Vec<(&str, &str)> =
        call.headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect();
    let content_type = call.header("content-type").unwrap_or_default();
    let items = cloud_events::read(content_type, &headers, &call.body, call.received).map_err(unreadable)?;
    Ok(Said { items, style: Style::Native })
}
