//! Attributes that were chosen for quick lists.

use serde_json::{Value as Json, json};

use super::answer::Answer;
use super::call::{Call, unprocessable};
use super::problem::Problem;

pub(crate) fn list(call: &Call) -> Result<Answer, Problem> {
    let one = |one: live::index::Indexed| json!({"name": one.name, "is_ready": one.is_ready});
    Ok(Answer::ok(&json!({"items": call.app.service.indexed()?.into_iter().map(one).collect::<Vec<_>>()})))
}

pub(crate) fn choose(call: &Call) -> Result<Answer, Problem> {
    let object = call.object()?;
    let names = object.get("names").and_then(Json::as_array);
    let names = names.and_then(|names| names.iter().map(|name| name.as_str().map(ToOwned::to_owned)).collect());
    let names: Vec<String> = names
        .ok_or_else(|| unprocessable("`names` is a list of attributes, such as [\"contact.country\"]; none is []"))?;
    choose_these(call, &names)?;
    list(call)
}

/// Chooses attributes, in place of those before.
pub(crate) fn choose_these(call: &Call, names: &[String]) -> Result<(), Problem> {
    call.app.service.choose_indexed(names)?;
    call.app.audit(call, "choose_indexed", &json!({"names": names}))?;
    call.app.wake();
    Ok(())
}
