//! Contacts, accounts and opportunities: lists of them, and one of them.
//!
//! ```text
//! filter     what of a list is wanted, as it stands in an address
//! columns    what a list shows of each
//! list       the list
//! export     the same as a file
//! chosen     what is done with several of a list
//! merged     two of them turn out to be one
//! views      addresses of lists that somebody keeps under a name
//! one        one of them
//! people     the first contacts of an account
//! why        its score taken apart
//! deal       one opportunity
//! factors    what of it somebody can say
//! pipeline   what they are worth together
//! card       it on one page of paper
//! ahead      what will become of it
//! past       how it came to be
//! ```

mod ahead;
mod card;
mod chosen;
mod columns;
mod deal;
mod export;
mod factors;
mod filter;
mod list;
mod merged;
mod one;
mod past;
mod people;
mod pipeline;
mod views;
mod why;

pub(super) use columns::called_as;
use rules::model::Subject;
use store::subject::Kind;

use super::INSIDE;
use crate::api::access::Scope;
use crate::api::call::{Act, Call, Endpoint};
use crate::api::lists::escaped;
use crate::t::{self, Text};

const LIST: Endpoint = Endpoint { params: filter::PARAMS, act: Act::Do(list::list), ..INSIDE };
const EXPORT: Endpoint = Endpoint { act: Act::Stream(export::export), ..LIST };
const VIEWS: Endpoint = Endpoint { method: "POST", act: Act::Do(views::keep), ..INSIDE };

const ONE: Endpoint = Endpoint { params: one::PARAMS, act: Act::Do(one::show), ..INSIDE };
const CHANGE: Endpoint = Endpoint { method: "POST", scope: Some(Scope::Write), ..INSIDE };

const CHOOSE: Endpoint = Endpoint { act: Act::Do(chosen::choose), ..CHANGE };
const CHOSEN_CSV: Endpoint = Endpoint { method: "POST", act: Act::Stream(export::chosen), ..INSIDE };

/// The pages of all three.
pub(super) const PAGES: &[Endpoint] = &[
    Endpoint { path: "/contacts", ..LIST },
    Endpoint { path: "/contacts.csv", ..EXPORT },
    Endpoint { path: "/views/contacts", ..VIEWS },
    Endpoint { path: "/contacts/{id}", ..ONE },
    Endpoint { path: "/contacts/{id}/card", act: Act::Do(card::show), ..INSIDE },
    Endpoint { path: "/contacts/{id}/merge", act: Act::Do(one::merge), ..CHANGE },
    Endpoint { path: "/contacts/{id}/unmerge", act: Act::Do(one::unmerge), ..CHANGE },
    Endpoint { path: "/chosen/contacts", ..CHOOSE },
    Endpoint { path: "/chosen/accounts", ..CHOOSE },
    Endpoint { path: "/chosen/opportunities", ..CHOOSE },
    Endpoint { path: "/chosen/contacts.csv", ..CHOSEN_CSV },
    Endpoint { path: "/chosen/accounts.csv", ..CHOSEN_CSV },
    Endpoint { path: "/chosen/opportunities.csv", ..CHOSEN_CSV },
    Endpoint {
        path: "/chosen/merge",
        scope: Some(Scope::Write),
        params: merged::PARAMS,
        act: Act::Do(merged::show),
        ..INSIDE
    },
    Endpoint { path: "/chosen/merge", act: Act::Do(merged::merge), ..CHANGE },
    Endpoint {
        path: "/chosen/{id}",
        scope: Some(Scope::Write),
        params: chosen::PARAMS,
        act: Act::Do(chosen::show),
        ..INSIDE
    },
    Endpoint { path: "/chosen/{id}", act: Act::Do(chosen::confirm), ..CHANGE },
    Endpoint { path: "/chosen/{id}/undo", act: Act::Do(chosen::undo), ..CHANGE },
    Endpoint { path: "/accounts", ..LIST },
    Endpoint { path: "/accounts.csv", ..EXPORT },
    Endpoint { path: "/views/accounts", ..VIEWS },
    Endpoint { path: "/accounts/{id}", ..ONE },
    Endpoint { path: "/accounts/{id}/card", act: Act::Do(card::show), ..INSIDE },
    Endpoint { path: "/opportunities", ..LIST },
    Endpoint { path: "/opportunities.csv", ..EXPORT },
    Endpoint { path: "/views/opportunities", ..VIEWS },
    Endpoint { path: "/opportunities/{id}", params: &["done"], act: Act::Do(deal::show), ..INSIDE },
    Endpoint { path: "/opportunities/{id}", act: Act::Do(deal::keep), ..CHANGE },
    Endpoint { path: "/opportunities/{id}/try", act: Act::Do(deal::attempt), ..CHANGE },
];

/// What pages say of a kind of subjects.
#[derive(Debug)]
pub(super) struct Words {
    pub(super) kind: Kind,
    pub(super) of: Subject,
    pub(super) path: &'static str,
    /// A condition to begin from.
    pub(super) example: &'static str,
}

const CONTACTS: Words = Words {
    kind: Kind::Contact,
    of: Subject::Contact,
    path: "/contacts",
    example: "contact.country = 'Norway' AND account.member = TRUE",
};

const ACCOUNTS: Words = Words {
    kind: Kind::Account,
    of: Subject::Account,
    path: "/accounts",
    example: "account.industry = 'Transport' AND account.employees >= 50",
};

const OPPORTUNITIES: Words = Words {
    kind: Kind::Opportunity,
    of: Subject::Opportunity,
    path: "/opportunities",
    example: "opportunity.amount >= 10000 AND contact.decision_maker = TRUE",
};

impl Words {
    pub(super) fn title(&self) -> Text {
        t::subjects_capital(self.kind)
    }

    /// The word by which texts tell them apart.
    pub(super) fn word(&self) -> &'static str {
        self.kind.word()
    }

    /// As files and records call them.
    fn file(&self) -> &'static str {
        self.path.trim_start_matches('/')
    }

    /// Of what an address is about.
    pub(super) fn of(call: &Call) -> &'static Self {
        let mut parts = call.asked.split('/').skip(1).skip_while(|part| ["views", "chosen"].contains(part));
        match parts.next().map(|part| part.trim_end_matches(".csv")) {
            Some("accounts") => &ACCOUNTS,
            Some("opportunities") => &OPPORTUNITIES,
            _ => &CONTACTS,
        }
    }
}

/// The address of a contact.
pub(super) fn contact_address(id: &str) -> String {
    address(CONTACTS.path, id)
}

/// The address of one of them.
fn address(path: &str, id: &str) -> String {
    format!("{path}/{}", escaped(id))
}
