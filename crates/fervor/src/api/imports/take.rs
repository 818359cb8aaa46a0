//! Files come: piece by piece to the disk, bounded, and then into the line of imports.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::header;
use batch::source::Kind;
use futures_util::{Stream, StreamExt as _};
use multer::Multipart;
use serde_json::json;

use super::super::App;
use super::super::answer::Answer;
use super::super::call::{Call, Uploading, unprocessable};
use super::super::inflow::Inflow;
use super::super::problem::{Kind as Wrong, Problem};
use super::sent::{Arriving, Sent, file_name, kind, no_room, sources, title, yes_or_no};
use super::shown;
use crate::import::job::{self, Job};
use crate::import::queue::Order;

/// So long the next piece may take to come.
const PATIENCE: Duration = Duration::from_secs(60);
/// Bytes of a part that is no file.
const TEXT_MAX: usize = 1 << 20;

/// Takes files, and answers once they are here and can be used; they are read afterwards.
pub(crate) fn create(call: Call, inflow: Inflow) -> Uploading {
    Box::pin(async move {
        let (sent, folder) = receive(&call, inflow).await?;
        let job = tokio::task::block_in_place(|| begin(&call, sent, folder, None))?;
        Ok(Answer::json(202, &shown(&call, &job)).with("location", format!("/v1/imports/{}", job.id)))
    })
}

/// Files as they come, in a folder of their own.
pub(crate) async fn receive(call: &Call, inflow: Inflow) -> Result<(Sent, tempfile::TempDir), Problem> {
    let app = call.app.clone();
    if app.imports.is_full() {
        return Err(Problem::later(Wrong::TooMany, "enough imports wait already; try again when one is done", 30));
    }
    let busy = |_| Problem::later(Wrong::TooMany, "enough files are being sent already; try again in a moment", 5);
    let _place = app.imports.sending.try_acquire().map_err(busy)?;
    let length = call.header("content-length").and_then(|length| length.parse::<u64>().ok());
    if length.is_some_and(|length| length > app.imports.most) {
        return Err(too_large(&app));
    }
    let folder = app.imports.folder().map_err(|error| no_room(&error))?;
    let mut receiver = Receiver { inflow, folder: folder.path(), left: app.imports.most, app: &app };
    let sent = match call.header("content-type").map(str::to_owned) {
        Some(content_type) if content_type.trim_start().to_ascii_lowercase().starts_with("multipart/") => {
            receiver.parts(call, &content_type).await?
        }
        content_type => receiver.whole(call, content_type.as_deref().unwrap_or_default()).await?,
    };
    Ok((sent, folder))
}

/// Puts an import into the line; `draft` is the file that somebody decides about, if it is tried only.
pub(crate) fn begin(call: &Call, sent: Sent, folder: tempfile::TempDir, draft: Option<String>) -> Result<Job, Problem> {
    let sources = sources(&sent)?;
    let app = &call.app;
    if app.is_stopping.load(Ordering::Acquire) {
        return Err(Problem::later(Wrong::Unavailable, "the service is going down; send the files again", 5));
    }
    let names: Vec<String> = sent.files.iter().map(super::sent::Arrived::name).collect();
    let file = |file: &super::sent::Arrived| job::Sent {
        name: file.name(),
        kind: file.kind.map(|kind| kind.word().to_owned()),
        bytes: file.bytes,
    };
    let job = Job {
        name: sent.name.unwrap_or_else(|| names.join(", ").chars().take(100).collect()),
        by: call.by(),
        dry_run: sent.dry_run,
        files: sent.files.iter().map(file).collect(),
        bytes_total: sent.files.iter().map(|file| file.bytes).sum(),
        draft,
        ..Job::default()
    };
    let digests: BTreeMap<PathBuf, String> = sent.files.into_iter().map(|file| (file.path, file.digest)).collect();
    let job = job::create(&app.service, job)?;
    let about = json!({"import": job.id, "name": job.name, "files": names, "dry_run": job.dry_run});
    app.audit(call, "import", &about)?;
    app.imports.push(Order { job: job.clone(), sources, digests, folder });
    Ok(job)
}

fn too_large(app: &App) -> Problem {
    let most = app.imports.most;
    let shown = if most >= 1 << 20 { format!("{} MiB", most >> 20) } else { format!("{most} bytes") };
    let detail = format!(
        "the files of an import have at most {shown} together; send them in several, packed with gzip, or let whoever \
         runs this service choose another `--import-max`"
    );
    Problem::new(Wrong::TooLarge, detail)
}

fn slow() -> Problem {
    Problem::malformed("nothing has come for a minute; send the files again")
}

fn torn(error: &dyn std::fmt::Display) -> Problem {
    Problem::malformed(format!("the files did not come whole ({error}); send them again"))
}

/// Takes what comes.
struct Receiver<'a> {
    inflow: Inflow,
    folder: &'a Path,
    /// Bytes that may still come.
    left: u64,
    app: &'a App,
}

impl Receiver<'_> {
    /// The parts of a form.
    async fn parts(&mut self, call: &Call, content_type: &str) -> Result<Sent, Problem> {
        let boundary = multer::parse_boundary(content_type).map_err(|_| {
            Problem::malformed("this is to be `multipart/form-data` with a `boundary`, as `curl -F` and forms send it")
        })?;
        if call.headers.get(header::CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
            let detail = "pack the files themselves, not the request: a file may be packed with gzip or zstd";
            return Err(Problem::malformed(detail));
        }
        if call.query.contains_key("kind") {
            return Err(unprocessable("`kind` is for a body that is a file; here the name of a part says it"));
        }
        let mut sent = self.asked(call)?;
        let mut form = Multipart::new(self.inflow.pieces(), boundary);
        loop {
            let next = tokio::time::timeout(PATIENCE, form.next_field()).await.map_err(|_| slow())?;
            let Some(mut field) = next.map_err(|error| torn(&error))? else { break };
            let name = field.name().unwrap_or_default().to_owned();
            match name.as_str() {
                "name" => sent.name = Some(title(&self.text(&mut field).await?)?),
                "dry_run" => sent.dry_run = yes_or_no("dry_run", &self.text(&mut field).await?)?,
                "sources" => {
                    let text = self.text(&mut field).await?;
                    if sent.mapping.replace(text).is_some() {
                        return Err(unprocessable("`sources` was sent twice; put both into one mapping"));
                    }
                }
                _ => {
                    let kind = if name == "file" { None } else { Some(part(&name)?) };
                    let otherwise = format!("{name}-{}", sent.files.len() + 1);
                    let file = file_name(field.file_name(), &otherwise);
                    let mut arriving = Arriving::begin(self.folder, &file, kind)?;
                    while let Some(piece) = self.piece(&mut field).await? {
                        arriving.add(&piece)?;
                    }
                    sent.files.push(arriving.end()?);
                }
            }
        }
        Ok(sent)
    }

    /// A body that is a file.
    async fn whole(&mut self, call: &Call, content_type: &str) -> Result<Sent, Problem> {
        let mut sent = self.asked(call)?;
        let Some(word) = call.query.get("kind") else {
            let detail = "say what the rows are about, as in `?kind=activities`, or send a form (multipart/form-data) \
                          whose parts say it";
            return Err(unprocessable(detail));
        };
        let kind = kind(word)?;
        let ending = match content_type.split(';').next().unwrap_or_default().trim() {
            "application/x-ndjson" | "application/jsonl" | "application/json" => "ndjson",
            "application/vnd.apache.parquet" => "parquet",
            _ => "csv",
        };
        let mut arriving = Arriving::begin(self.folder, &format!("{}.{ending}", kind.word()), Some(kind))?;
        let mut pieces = self.inflow.pieces();
        while let Some(piece) = self.next(&mut pieces).await? {
            arriving.add(&piece)?;
        }
        sent.files.push(arriving.end()?);
        Ok(sent)
    }

    /// What the address says.
    fn asked(&self, call: &Call) -> Result<Sent, Problem> {
        let name = call.query.get("name").map(|name| title(name)).transpose()?;
        let dry_run = call.query.get("dry_run").map(|text| yes_or_no("dry_run", text)).transpose()?;
        Ok(Sent { name, dry_run: dry_run.unwrap_or_default(), ..Sent::default() })
    }

    async fn piece(&mut self, field: &mut multer::Field<'_>) -> Result<Option<Bytes>, Problem> {
        let piece = tokio::time::timeout(PATIENCE, field.chunk()).await.map_err(|_| slow())?;
        self.counted(piece.map_err(|error| torn(&error))?)
    }

    async fn next<E: std::fmt::Display>(
        &mut self,
        pieces: &mut (impl Stream<Item = Result<Bytes, E>> + Unpin),
    ) -> Result<Option<Bytes>, Problem> {
        let piece = tokio::time::timeout(PATIENCE, pieces.next()).await.map_err(|_| slow())?;
        self.counted(piece.transpose().map_err(|error| torn(&error))?)
    }

    fn counted(&mut self, piece: Option<Bytes>) -> Result<Option<Bytes>, Problem> {
        let bytes = piece.as_ref().map_or(0, Bytes::len);
        self.inflow.used(bytes);
        self.left = self.left.checked_sub(bytes as u64).ok_or_else(|| too_large(self.app))?;
        Ok(piece)
    }

    /// A part that is no file.
    async fn text(&mut self, field: &mut multer::Field<'_>) -> Result<String, Problem> {
        let name = field.name().unwrap_or_default().to_owned();
        let mut bytes = Vec::new();
        while let Some(piece) = self.piece(field).await? {
            bytes.extend_from_slice(&piece);
            if bytes.len() > TEXT_MAX {
                return Err(Problem::new(Wrong::TooLarge, format!("`{name}` has at most 1 MiB")));
            }
        }
        String::from_utf8(bytes).map_err(|_| unprocessable(format!("`{name}` is not text in UTF-8")))
    }
}

/// What a part of a form is about, by its name.
fn part(name: &str) -> Result<Kind, Problem> {
    const OTHERS: &str = "contacts, accounts, activities, opportunities, file, sources, name, dry_run";
    kind(name).map_err(|_| {
        let near = rules::suggest::nearest(name, OTHERS.split(", "));
        let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        let name: String = name.chars().take(60).collect();
        unprocessable(format!("there is no part `{name}`; there are: {OTHERS}{near}"))
    })
}
