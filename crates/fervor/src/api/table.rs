//! Everything that can be asked, once: the router and the description are made from it.

use super::access::Scope::{Admin, Write};
use super::call::{Act, Endpoint};
use super::problem::Kind::{Conflict, Forbidden, NoRoom, NotFound, Unauthorized};
use super::usual::{self, BLANK, ENTER, LIST, PAGE, PEOPLE, PERSONAL, SAY};
use super::{
    audit, changes, health, imports, indexed, ingest, keys, lists, model, persons, session, subject, tracking, users,
    wire,
};

pub(crate) const ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        path: "/v1/activities",
        act: Act::Say(ingest::activities),
        tag: "Facts",
        summary: "Say what happened",
        about: "One activity, a list of them, or one a line. When it answers, what it accepted is stored for good and \
                the scores of those contacts are fresh. An activity with an id counts once, however often it is sent.",
        body: Some("Activities"),
        ..SAY
    },
    Endpoint {
        path: "/v1/activities/retract",
        act: Act::Say(ingest::retract),
        tag: "Facts",
        summary: "Say that activities never happened",
        about: "They are named by contact, source and id, and are not taken again if they are sent again.",
        body: Some("Retractions"),
        ..SAY
    },
    Endpoint {
        path: "/v1/activities/amend",
        act: Act::Say(ingest::amend),
        tag: "Facts",
        summary: "Correct the account, the value or the time of activities",
        about: "An order that is moved to another account moves its points. `null` removes an account or a value.",
        body: Some("Amendments"),
        ..SAY
    },
    Endpoint {
        path: "/v1/contacts",
        act: Act::Say(ingest::contacts),
        tag: "Facts",
        summary: "Say what is known of contacts",
        about: "What is not named stays as it is; `null` removes. With `valid_from` it holds from that day on. Without, \
                the first value of a name holds always, and a later one from the day on which it is received.",
        body: Some("Contacts"),
        ..SAY
    },
    Endpoint {
        path: "/v1/accounts",
        act: Act::Say(ingest::accounts),
        tag: "Facts",
        summary: "Say what is known of accounts",
        about: "As for contacts.",
        body: Some("Accounts"),
        ..SAY
    },
    Endpoint {
        path: "/v1/opportunities",
        act: Act::Say(ingest::opportunities),
        tag: "Facts",
        summary: "Say what is known of opportunities",
        about: "As for contacts.",
        body: Some("Opportunities"),
        ..SAY
    },
    Endpoint {
        path: "/v1/events",
        act: Act::Say(tracking::events),
        tag: "Facts",
        summary: "CloudEvents 1.0",
        about: "In binary, structured or batched mode: `type` is what happened, `subject` the contact, `id` and \
                `source` the identity, `data` the properties.",
        body: Some("CloudEvent"),
        ..SAY
    },
    Endpoint {
        method: "POST",
        path: "/v1/imports",
        scope: Some(Write),
        act: Act::Upload(imports::create),
        tag: "Imports",
        summary: "Import files",
        about: "CSV, JSON lines or Parquet, also packed with gzip or zstd: parts of a form, or a body that is one file, \
                of which `kind` says what its rows are about. It is answered once the files are here and can be used; \
                then they are read, one import after the other, and every row goes the way of what is said over the \
                API. An activity without an id is known by its file and its row, so that a file that is sent again \
                counts once.",
        params: &["kind", "name", "dry_run"],
        body: Some("ImportForm"),
        answer: (202, Some("Import")),
        refuses: &[NoRoom],
        ..BLANK
    },
    Endpoint {
        path: "/v1/imports",
        act: Act::Do(imports::list),
        tag: "Imports",
        summary: "All imports",
        about: "The latest first.",
        params: PAGE,
        answer: (200, Some("ImportPage")),
        ..BLANK
    },
    Endpoint {
        method: "POST",
        path: "/v1/imports/guess",
        scope: Some(Write),
        act: Act::Do(imports::guess),
        tag: "Imports",
        summary: "A mapping for a file, proposed",
        about: "From the beginning of the file, up to 1 MiB; of Parquet and of what is packed, the whole. Nothing is \
                stored. What cannot be known is asked: it is `\"?\"` in the mapping, which cannot be used until \
                somebody has answered.",
        params: &["kind", "name"],
        body: Some("Beginning"),
        answer: (200, Some("Guess")),
        refuses: &[NoRoom],
        ..BLANK
    },
    Endpoint {
        path: "/v1/imports/{id}",
        act: Act::Do(imports::about),
        tag: "Imports",
        summary: "How far an import is",
        about: "It is kept up to date every second, and can be asked of any process on the same database.",
        answer: (200, Some("Import")),
        refuses: &[NotFound],
        ..BLANK
    },
    Endpoint {
        path: "/v1/imports/{id}/rejects",
        scope: Some(Write),
        act: Act::Do(imports::rejected),
        tag: "Imports",
        summary: "The rows that were not taken",
        about: "With file, line and reason: at most 100,000 rows and 32 MiB, for 30 days. Where there are more, the last \
                line says how many.",
        answer: (200, Some("Rejects")),
        refuses: &[NotFound],
        ..BLANK
    },
    Endpoint {
        method: "POST",
        path: "/v1/imports/{id}/cancel",
        scope: Some(Write),
        act: Act::Do(imports::cancel),
        tag: "Imports",
        summary: "End an import",
        about: "It ends within seconds. What it has stored by then stays.",
        answer: (202, Some("Import")),
        refuses: &[NotFound, Conflict],
        ..BLANK
    },
    Endpoint {
        method: "POST",
        path: "/v1/imports/{id}/undo",
        scope: Some(Write),
        act: Act::Do(imports::undo),
        tag: "Imports",
        summary: "Undo an import",
        about: "Every activity that it brought goes, unless somebody else has said the same: another import that was \
                not undone, or anybody over the API. Activities that were said never to have happened stay so. What \
                the file said of contacts, accounts and opportunities stays as well, since what was known before is \
                not kept. Afterwards the same file can be imported again.",
        answer: (202, Some("Import")),
        refuses: &[NotFound, Conflict],
        ..BLANK
    },
    Endpoint {
        path: "/v1/contacts",
        act: Act::Do(lists::contacts),
        tag: "Contacts",
        summary: "A list of contacts",
        about: "By a condition as in a model, over attributes, scores, bands, percentiles and categories. A page may \
                end before its limit where a condition is true of few; `next_cursor` goes on.",
        params: PEOPLE,
        answer: (200, Some("ContactPage")),
        ..BLANK
    },
    Endpoint {
        path: "/v1/contacts/{id}",
        act: Act::Do(subject::about),
        tag: "Contacts",
        summary: "A contact",
        about: "Attributes, accounts and scores; of each score since when nothing newer is known.",
        answer: (200, Some("Contact")),
        refuses: &[NotFound],
        ..BLANK
    },
    Endpoint {
        method: "DELETE",
        path: "/v1/contacts/{id}",
        scope: Some(Admin),
        act: Act::Do(persons::erase),
        tag: "Contacts",
        summary: "Erase a person",
        about: "For good: facts, scores and history, of all contacts that were merged with it too. Nothing about it is \
                taken any more, and nothing that is left says who it was.",
        answer: (204, None),
        refuses: &[NotFound],
        ..BLANK
    },
    usual::ledger(
        "/v1/contacts/{id}/ledger",
        "Contacts",
        "Each score taken apart down to each activity, on any day. What needs everybody, as percentiles do, is \
                known of today alone.",
    ),
    usual::forecast("/v1/contacts/{id}/forecast", "Contacts", "And the least that would prevent each."),
    usual::history(
        "/v1/contacts/{id}/history",
        "Contacts",
        "Each change with its day and its cause, the latest first.",
    ),
    Endpoint {
        path: "/v1/contacts/{id}/activities",
        act: Act::Do(subject::activities),
        tag: "Contacts",
        summary: "What it did, and what happened to it",
        about: "The latest first, those that were retracted too.",
        params: PAGE,
        answer: (200, Some("ActivityPage")),
        refuses: &[NotFound],
        ..BLANK
    },
    Endpoint {
        path: "/v1/contacts/{id}/export",
        scope: Some(Admin),
        act: Act::Do(persons::export),
        tag: "Contacts",
        summary: "Everything that is held about a person",
        about: "All facts with their dates, all scores, all changes.",
        answer: (200, Some("Export")),
        refuses: &[NotFound],
        ..BLANK
    },
    Endpoint {
        method: "POST",
        path: "/v1/contacts/{id}/merge",
        scope: Some(Write),
        act: Act::Do(persons::merge),
        tag: "Contacts",
        summary: "Another contact is this one too",
        about: "What is known of both counts for this one; of what both know, this one knows better. The other id still \
                works, in facts as well.",
        body: Some("Merge"),
        answer: (200, Some("Contact")),
        refuses: &[NotFound, Conflict],
        ..BLANK
    },
    Endpoint {
        method: "POST",
        path: "/v1/contacts/{id}/unmerge",
        scope: Some(Write),
        act: Act::Do(persons::unmerge),
        tag: "Contacts",
        summary: "This contact is one of its own again",
        about: "With all that was said of it, before it was merged and since.",
        answer: (200, Some("Contact")),
        refuses: &[NotFound, Conflict],
        ..BLANK
    },
    Endpoint {
        path: "/v1/accounts",
        act: Act::Do(lists::accounts),
        tag: "Accounts",
        summary: "A list of accounts",
        about: "As of contacts.",
        params: LIST,
        answer: (200, Some("AccountPage")),
        ..BLANK
    },
    Endpoint {
        path: "/v1/accounts/{id}",
        act: Act::Do(subject::about),
        tag: "Accounts",
        summary: "An account",
        about: "Its scores follow those of its people within seconds.",
        answer: (200, Some("Account")),
        refuses: &[NotFound],
        ..BLANK
    },
    usual::ledger("/v1/accounts/{id}/ledger", "Accounts", "As of a contact."),
    usual::forecast("/v1/accounts/{id}/forecast", "Accounts", "As of a contact."),
    usual::history("/v1/accounts/{id}/history", "Accounts", "As of a contact."),
    Endpoint {
        path: "/v1/opportunities",
        act: Act::Do(lists::opportunities),
        tag: "Opportunities",
        summary: "A list of opportunities",
        about: "As of contacts.",
        params: LIST,
        answer: (200, Some("OpportunityPage")),
        ..BLANK
    },
    Endpoint {
        path: "/v1/opportunities/{id}",
        act: Act::Do(subject::about),
        tag: "Opportunities",
        summary: "An opportunity",
        about: "Its factor total, its probability and its estimated value.",
        answer: (200, Some("Opportunity")),
        refuses: &[NotFound],
        ..BLANK
    },
    usual::ledger("/v1/opportunities/{id}/ledger", "Opportunities", "As of a contact."),
    usual::history("/v1/opportunities/{id}/history", "Opportunities", "As of a contact."),
    Endpoint {
        path: "/v1/changes",
        act: Act::Stream(changes::stream),
        tag: "Changes",
        summary: "Changes of band as they come",
        about: "Server-sent events. The id of each is a cursor: with `Last-Event-ID` or `cursor` the stream goes on \
                after it, and nothing is missed.",
        params: &["cursor"],
        answer: (200, Some("Stream")),
        ..BLANK
    },
    Endpoint {
        path: "/v1/model",
        act: Act::Do(model::current),
        tag: "Model",
        summary: "The model in force",
        about: "And how far the next one is, if one is being published.",
        answer: (200, Some("Model")),
        ..BLANK
    },
    Endpoint {
        path: "/v1/model/draft",
        act: Act::Do(model::draft),
        tag: "Model",
        summary: "The draft",
        about: "As text; the model in force where there is no draft.",
        answer: (200, Some("ModelText")),
        refuses: &[NotFound],
        ..BLANK
    },
    Endpoint {
        method: "PUT",
        path: "/v1/model/draft",
        scope: Some(Write),
        act: Act::Do(model::put_draft),
        tag: "Model",
        summary: "Save a draft",
        about: "It is kept as it is; what is wrong with it is told with line and column.",
        body: Some("ModelText"),
        answer: (200, Some("Checked")),
        ..BLANK
    },
    Endpoint {
        method: "POST",
        path: "/v1/model/publish",
        scope: Some(Admin),
        act: Act::Do(model::publish),
        tag: "Model",
        summary: "Publish the draft, or an earlier version again",
        about: "Everybody is scored by it in the background. Readers see the version before until all are, and then \
                all scores switch at once.",
        body: Some("Publish"),
        answer: (202, Some("Published")),
        refuses: &[NotFound, Conflict],
        ..BLANK
    },
    Endpoint {
        path: "/v1/model/versions",
        act: Act::Do(model::versions),
        tag: "Model",
        summary: "All versions that were published",
        about: "The latest first.",
        params: PAGE,
        answer: (200, Some("VersionPage")),
        ..BLANK
    },
    Endpoint {
        path: "/v1/model/versions/{id}",
        act: Act::Do(model::version),
        tag: "Model",
        summary: "A version",
        about: "Its text, and how far it is if it is being published.",
        answer: (200, Some("Version")),
        refuses: &[NotFound],
        ..BLANK
    },
    Endpoint {
        path: "/v1/indexed",
        act: Act::Do(indexed::list),
        tag: "Contacts",
        summary: "Attributes by which lists are quick",
        about: "Until one is ready, everybody who is stored is gone through for it behind the scenes.",
        answer: (200, Some("Indexed")),
        ..BLANK
    },
    Endpoint {
        method: "PUT",
        path: "/v1/indexed",
        scope: Some(Admin),
        act: Act::Do(indexed::choose),
        tag: "Contacts",
        summary: "Choose them",
        about: "In place of those before. A condition that asks whether one of them `=` a value, or is `IN` some, alone \
                or with others by AND, finds them without looking at everybody.",
        body: Some("Choice"),
        answer: (200, Some("Indexed")),
        ..BLANK
    },
    Endpoint {
        path: "/v1/keys",
        scope: Some(Admin),
        act: Act::Do(keys::list),
        tag: "Keys",
        summary: "All keys",
        about: "Without their secrets, which are not stored.",
        answer: (200, Some("Keys")),
        ..BLANK
    },
    Endpoint {
        method: "POST",
        path: "/v1/keys",
        scope: Some(Admin),
        act: Act::Do(keys::create),
        tag: "Keys",
        summary: "Make a key",
        about: "It is shown this once.",
        body: Some("NewKey"),
        answer: (201, Some("ShownKey")),
        ..BLANK
    },
    Endpoint {
        method: "DELETE",
        path: "/v1/keys/{id}",
        scope: Some(Admin),
        act: Act::Do(keys::revoke),
        tag: "Keys",
        summary: "Revoke a key",
        about: "It stops working at once, and within five seconds in other processes.",
        answer: (204, None),
        refuses: &[NotFound],
        ..BLANK
    },
    Endpoint {
        method: "POST",
        path: "/v1/setup",
        act: Act::Hash(session::set_up),
        summary: "Make yourself the first admin",
        about: "With the part of the link after `/setup/` that the service prints when it is started and there is \
                nobody yet. It works once, and logs in.",
        body: Some("Setup"),
        refuses: &[Forbidden, NotFound, Conflict],
        ..ENTER
    },
    Endpoint {
        method: "POST",
        path: "/v1/invitation",
        act: Act::Hash(session::accept),
        summary: "Choose a password by an invitation",
        about: "With the part of the link after `/invite/`. It works once, within seven days, logs in, and ends all \
                sessions that there were.",
        body: Some("Acceptance"),
        refuses: &[Forbidden, NotFound],
        ..ENTER
    },
    Endpoint {
        method: "POST",
        path: "/v1/session",
        act: Act::Hash(session::log_in),
        summary: "Log in",
        about: "The answer sets a cookie, which lasts thirty days, and seven while nobody uses it. After ten wrong \
                passwords for somebody from one address, a quarter of an hour has to pass.",
        body: Some("Login"),
        refuses: &[Forbidden, Unauthorized],
        ..ENTER
    },
    Endpoint { path: "/v1/session", act: Act::Do(session::current), summary: "Who is logged in", ..PERSONAL },
    Endpoint {
        method: "PUT",
        path: "/v1/session/password",
        act: Act::Hash(session::change_password),
        summary: "Change your password",
        about: "All other sessions end, and the answer sets a new cookie.",
        body: Some("PasswordChange"),
        refuses: &[Unauthorized, Forbidden, Conflict],
        ..PERSONAL
    },
    Endpoint {
        method: "DELETE",
        path: "/v1/session",
        act: Act::Do(session::log_out),
        summary: "Log out",
        answer: (204, None),
        ..PERSONAL
    },
    Endpoint {
        path: "/v1/users",
        scope: Some(Admin),
        act: Act::Do(users::list),
        tag: "People",
        summary: "Everybody who may log in, or might",
        about: "By address.",
        answer: (200, Some("Users")),
        ..BLANK
    },
    Endpoint {
        method: "POST",
        path: "/v1/users",
        scope: Some(Admin),
        act: Act::Do(users::create),
        tag: "People",
        summary: "Invite somebody",
        about: "The answer has a link for them to choose a password with, good once and for seven days. Addresses are \
                compared whatever their case.",
        body: Some("NewUser"),
        answer: (201, Some("InvitedUser")),
        refuses: &[Conflict],
        ..BLANK
    },
    Endpoint {
        method: "PATCH",
        path: "/v1/users/{id}",
        scope: Some(Admin),
        act: Act::Do(users::change),
        tag: "People",
        summary: "Change the name or the role of somebody, or whether they may log in",
        about: "What is not named stays as it is. Who is disabled is logged out, at once, and within five seconds in \
                other processes. The last admin who can log in stays one.",
        body: Some("UserChange"),
        answer: (200, Some("User")),
        refuses: &[NotFound, Conflict],
        ..BLANK
    },
    Endpoint {
        method: "POST",
        path: "/v1/users/{id}/invite",
        scope: Some(Admin),
        act: Act::Do(users::invite),
        tag: "People",
        summary: "A new link, for somebody who lost the password or the link",
        about: "Good once and for seven days; an earlier one is over. The password works until the link is used.",
        answer: (200, Some("InvitedUser")),
        refuses: &[NotFound, Conflict],
        ..BLANK
    },
    Endpoint {
        path: "/v1/audit",
        scope: Some(Admin),
        act: Act::Do(audit::list),
        tag: "Keys",
        summary: "Who changed what, and when",
        about: "The latest first.",
        params: PAGE,
        answer: (200, Some("AuditPage")),
        ..BLANK
    },
    tracked("/v1/batch", Act::Say(tracking::batch), "Batch", "Messages of tracking SDKs"),
    tracked("/v1/track", Act::Say(tracking::track), "Track", "Somebody did something"),
    tracked("/v1/page", Act::Say(tracking::page), "View", "Somebody looked at a page"),
    tracked("/v1/screen", Act::Say(tracking::screen), "View", "Somebody looked at a screen"),
    tracked("/v1/identify", Act::Say(tracking::identify), "Identify", "Who somebody is"),
    tracked("/v1/group", Act::Say(tracking::group), "Group", "Which account somebody belongs to"),
    tracked("/v1/alias", Act::Say(tracking::alias), "Alias", "A visitor is a contact"),
    open("/healthz", Act::Do(health::alive), "Whether it runs", "Health"),
    open("/readyz", Act::Do(health::ready), "Whether it can be asked", "Health"),
    open("/metrics", Act::Do(health::metrics), "Numbers for Prometheus", "Metrics"),
    open("/openapi.json", Act::Do(wire::openapi), "This description", "Description"),
    open("/docs", Act::Do(wire::docs), "This description as a page", "Page"),
    open("/docs.css", Act::Do(wire::style), "How that page looks", "Style"),
];

const fn tracked(path: &'static str, act: Act, schema: &'static str, summary: &'static str) -> Endpoint {
    Endpoint {
        path,
        act,
        tag: "Tracking SDKs",
        summary,
        about: "As the SDKs of Segment and RudderStack send it: the key as user name of basic authentication, packed or \
                not, whatever the content type. It answers 200 even where single messages are refused, because SDKs \
                would send them again and again.",
        body: Some(schema),
        answer: (200, Some("TrackingTaken")),
        ..SAY
    }
}

const fn open(path: &'static str, act: Act, summary: &'static str, schema: &'static str) -> Endpoint {
    Endpoint { path, act, scope: None, tag: "Service", summary, answer: (200, Some(schema)), ..BLANK }
}
