//! `fervor user`: who may log in, and links for those who cannot.

use std::io::Write as _;

use clap::Subcommand;
use serde_json::json;
use store::Manner;

use super::Ui;
use super::failure::Failure;
use super::overview::{plain_table, print_table};
use crate::api::audit::{self, By};
use crate::people::user::{self, NewUser, Role, User};
use crate::people::{self, link};
use crate::serve;

/// Invite people who may log in to a service, and list them.
#[derive(Debug, clap::Args)]
pub(crate) struct UserCommand {
    #[command(subcommand)]
    command: WhichUser,
}

#[derive(Debug, Subcommand)]
enum WhichUser {
    Invite(Invite),
    /// List everybody who may log in, or was invited.
    List {
        /// The database of the service.
        #[arg(long, value_name = "URL", env = "FERVOR_DB")]
        db: String,
    },
}

/// Print a link with which somebody chooses a password: it works once, for seven days.
///
/// Whoever is not known yet is added. Somebody who is known keeps the password until the link is used, and everything
/// else. The service may run meanwhile.
#[derive(Debug, clap::Args)]
struct Invite {
    /// The database of the service.
    #[arg(long, value_name = "URL", env = "FERVOR_DB")]
    db: String,

    /// Whom to invite.
    #[arg(long, value_name = "ADDRESS")]
    email: String,

    /// What they are called [default: the address, or as they are called already].
    #[arg(long, value_name = "NAME")]
    name: Option<String>,

    /// What they may do from now on [default: viewer, or what they may already].
    #[arg(long, value_enum, value_name = "ROLE")]
    role: Option<Role>,

    /// Where people find the service, such as `https://fervor.example.org`; without it the path alone is printed.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
}

impl UserCommand {
    pub(crate) fn run(&self, ui: &mut Ui<'_>) -> anyhow::Result<u8> {
        match &self.command {
            WhichUser::Invite(invite) => invite.run(ui),
            WhichUser::List { db } => list(db, ui),
        }
    }
}

impl Invite {
    fn run(&self, ui: &mut Ui<'_>) -> anyhow::Result<u8> {
        let new =
            NewUser::new(&self.email, self.name.as_ref().unwrap_or(&self.email), self.role.unwrap_or(Role::Viewer));
        let new = new.map_err(|error| Failure::refused(error.to_string(), None))?;
        let service = serve::open(&self.db)?;
        let now = service.now();
        let invited = people::change(&service, |session| {
            let known = user::by_email(session, new.email())?;
            let action = if known.is_some() { "invite_user" } else { "create_user" };
            let mut user = match known {
                Some(user) if user.disabled_at.is_some() => return Ok(None),
                Some(user) if self.name.is_some() => User { name: new.name().to_owned(), ..user },
                Some(user) => user,
                None => user::add(session, &new, now, &serve::random())?,
            };
            user.role = self.role.unwrap_or(user.role);
            let token = link::invite(&mut user, now, &serve::random());
            user::put_unless_last(session, &user, now)?;
            let by = By { name: "fervor user invite", id: None };
            let about = json!({"user": user.id, "name": user.name, "role": user.role.word()});
            audit::note(session, now, &serve::random(), &by, action, &about)?;
            Ok(Some((user, token)))
        })?;
        let Some((user, token)) = invited else {
            let help = "an admin can enable them again: PATCH /v1/users/{id} with {\"disabled\": false}";
            return Err(Failure::refused(format!("{} is disabled", new.email()), help.to_owned()).into());
        };
        let role = user.role.word();
        writeln!(ui.err, "for {} ({role}), good once and for seven days:", user.email)?;
        let place = self.url.as_deref().unwrap_or_default().trim_end_matches('/');
        writeln!(ui.out.raw(), "{place}/invite/{token}")?;
        Ok(0)
    }
}

fn list(db: &str, ui: &mut Ui<'_>) -> anyhow::Result<u8> {
    let service = serve::open(db)?;
    let users = user::all(&mut service.session(Manner::Reading)?)?;
    if users.is_empty() {
        writeln!(ui.err, "nobody may log in yet; `fervor serve` prints a link for the first admin")?;
        return Ok(0);
    }
    let mut table = plain_table();
    for user in &users {
        table.add_row([&user.email, &user.name, user.role.word(), state(user, service.now().0)]);
    }
    print_table(&table, &mut ui.out)?;
    Ok(0)
}

fn state(user: &User, now: i64) -> &'static str {
    match () {
        () if user.disabled_at.is_some() => "disabled",
        () if user.password.is_some() => "may log in",
        () if user.invitation.as_ref().is_some_and(|invitation| now < invitation.until) => "invited",
        () => "invitation is over",
    }
}
