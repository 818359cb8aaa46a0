//! What there is to say of the service beside the table: the introduction, headings, problems and refusals.

use live::fact::Reason;

use super::super::problem::Kind;

/// What the service is, for the description and the page.
pub(super) const ABOUT: &str = "Say what people did and what is known of them, and ask how engaged they are, how ready \
                                they are, and why. Scores are fresh when a request that says facts is answered, and \
                                every score can be taken apart to the digit.";

/// The headings of the table, in order, and what is below each.
pub(super) const TAGS: [(&str, &str); 11] = [
    (
        "Facts",
        "What happened, and what is known. Every item is taken or refused by itself, and what is taken is stored.",
    ),
    ("Imports", "Whole files, as jobs: how far they are, and which rows were not taken."),
    ("Contacts", "People: how they stand, why, how it came to that, and what will be."),
    ("Accounts", "Companies and households, whose scores follow those of their people."),
    ("Opportunities", "Deals, with the probability and the value that the model gives them."),
    ("Changes", "Changes of band, told as they come."),
    ("Model", "The rules: drafted, checked, published, and published again."),
    ("Keys", "Which programs may ask for what, and who changed what."),
    (
        "People",
        "Who may log in, and as what. With a cookie everything else can be asked, too, as far as the role allows.",
    ),
    ("Tracking SDKs", "What the SDKs of Segment and RudderStack send, unmodified."),
    ("Service", "Whether it is well, and what it is. None of this needs a key."),
];

/// The chapters before the endpoints: an anchor, a heading, and paragraphs.
pub(super) const CHAPTERS: [(&str, &str, &[&str]); 5] = [
    (
        "with-a-key",
        "With a key",
        &[
            "Every request but those under Service and People needs a key, or somebody who is logged in. A key is what \
             programs have; `fervor key create --db fervor.db --name website --scope ingest` makes one. Send it as \
             `Authorization: Bearer KEY`; tracking SDKs send it as the user name of basic authentication, with an \
             empty password, and `X-Write-Key: KEY` is taken too.",
            "A key has one or more scopes: `ingest` says facts, `read` reads facts and scores, `write` merges \
             contacts and imports files, and `admin` may do everything. A key that goes onto a web site should have `ingest` alone. A \
             revoked key works no more within five seconds.",
            "Each key, and each person, may ask so many times a second, 1,000 unless `fervor serve --rate` says \
             otherwise. Beyond that, and when too much is going on, the answer is 429 with the seconds to wait in \
             `Retry-After`.",
        ],
    ),
    (
        "logged-in",
        "Logged in",
        &[
            "People have a role in place of scopes: a `viewer` may do what the scope `read` allows, an `editor` what \
             `read`, `ingest` and `write` do, and an `admin` everything. `POST /v1/session` sets the cookie \
             `fervor_session`, which lasts thirty days, and seven while nobody uses it; changing the password ends all \
             sessions.",
            "A request with a cookie that changes something is refused unless it is certain that no page from \
             elsewhere made the browser send it: `Sec-Fetch-Site` has to be `same-origin` or `none`, or, where a \
             browser does not send that, the host of `Origin` has to be that of `Host`. Its body has to have a type \
             such as `application/json`. Where there is a key, cookies are passed over, and none of this holds.",
        ],
    ),
    (
        "again",
        "Sending again",
        &[
            "An answer means that everything it accepted is stored for good. Where no answer came, or 429 or 503, send \
             the same again. Nothing counts twice: an activity with an id is known by its contact, source and id, \
             however often it is sent, and what is known of a contact is the same when it is said twice.",
            "Activities without an id would count each time. For those, send an `Idempotency-Key` of 1 to 255 visible \
             ASCII characters that is new for each request: for a day, the same key and body get the same answer and \
             are not stored again. The same key with another body is a conflict.",
        ],
    ),
    (
        "pages",
        "Lists and pages",
        &[
            "Lists come in pages of `limit` items. `next_cursor`, and the header `Link` with `rel=\"next\"`, lead \
             to the next page; on the last one the cursor is `null`. A cursor means \
             nothing by itself; send it back as it is.",
            "A list by a condition looks at a bounded number of subjects for each page. A page may have fewer items \
             than its limit, or none, and still have a next one: go on until the cursor is `null`.",
        ],
    ),
    (
        "bodies",
        "Bodies",
        &[
            "Facts are one JSON object, a list of them, or one object a line (`application/x-ndjson`), in UTF-8, \
             packed with gzip or not: at most 10,000 items of 32 KiB, 16 MiB on the wire and 64 MiB once it is \
             unpacked. Ids, types and sources have at most 256 bytes, texts 8 KiB, and an item 200 names.",
            "Times have an offset from UTC, as in `2026-03-14T09:30:00Z`. Numbers are exact decimals with four places; \
             answers write all the digits that they have.",
        ],
    ),
];

/// When a request is not answered as it was meant, and what to do then.
pub(super) fn problem(kind: Kind) -> &'static str {
    match kind {
        Kind::Malformed => {
            "The body is not the JSON or TOML that is wanted, cannot be unpacked, did not come whole within a \
             minute, or the address is not UTF-8. Nothing of it was stored. Sent again it fails again."
        }
        Kind::Unauthorized => {
            "There is no key, or it is not known, or it was revoked; or nobody is logged in, or the password is wrong."
        }
        Kind::Forbidden => {
            "The scopes of the key, or the role of whoever is logged in, do not allow this; or a page from elsewhere \
             made a browser send it."
        }
        Kind::NotFound => "There is nothing of that id, or nothing at that path.",
        Kind::MethodNotAllowed => "The path answers other methods, which the header `Allow` names.",
        Kind::Conflict => {
            "It contradicts what is so already: an `Idempotency-Key` that stood for another request, contacts that are \
             merged already, a version that is in force, or no model that was ever published."
        }
        Kind::TooLarge => "The body is too long, or has too many items. Send it in several requests.",
        Kind::Unprocessable => {
            "It can be read, and asks for what cannot be: a parameter that there is not, a value out of its bounds, a \
             condition or a model with a mistake in it, a cursor that was never given."
        }
        Kind::TooMany => {
            "The key asks more often than it may, there were too many wrong passwords, or the service has more to do \
             than it takes on. Nothing of it was stored. Send it again after the seconds of `Retry-After`."
        }
        Kind::NoRoom => {
            "There is no room on the disk of the service for the files that were sent. Nothing of them was stored. \
             Whoever runs it has to make room, or to name another folder with `--import-dir`."
        }
        Kind::Internal => "Something went wrong in the service, and its log says what. Tell whoever runs it.",
        Kind::Unavailable => {
            "Or it takes no more, or the service is going down. Send the same again after the seconds of \
             `Retry-After`: what has an id counts once, stored or not."
        }
    }
}

/// Why an item is not taken, and what to do.
pub(super) fn refusal(reason: Reason) -> &'static str {
    match reason {
        Reason::Malformed => {
            "It is not a JSON object of the documented form: a member that there is not, or of another sort. The \
             message names the nearest that would have been right."
        }
        Reason::Missing => "Something that is needed is missing, such as whose activity it is.",
        Reason::TooLong => {
            "A text is longer, or there are more of something, than is taken. Leave out what no score needs."
        }
        Reason::InvalidTime => "A time or a date cannot be read, or a time has no offset from UTC.",
        Reason::InTheFuture => "It is said to have happened more than a day after it was received. Check the clock.",
        Reason::TooOld => "It is said to have happened before 1900. Check the year.",
        Reason::Unsupported => "A type of message, or a version of CloudEvents, that has no meaning here.",
        Reason::Erased => "The contact was erased, and nothing is taken about it any more.",
        Reason::Unknown => "The activity that is to be corrected or retracted is not known.",
        Reason::OutOfRange => "With it a score would leave the range of ±922,337,203,685,477. Check the value.",
    }
}
