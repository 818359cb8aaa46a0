//! Files in an object store, read by ranges. The only place that knows of networks.
//!
//! Requests are made one at a time, on a runtime that runs only while one is waited for.

use std::fmt;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use object_store::aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey as Key};
use object_store::path::Path as ObjectPath;
use object_store::{BackoffConfig, GetOptions, ObjectMeta, ObjectStore as _, ObjectStoreExt as _, RetryConfig};
use tokio::runtime::Runtime;

use super::Error;
use super::find::{PATTERNS, has_pattern, is_left_out};

const SCHEME: &str = "s3://";

/// What lies in sequence is fetched in pieces that grow: a header is enough to refuse a file.
const PIECE_BYTES: u64 = 64 << 10;
const PIECE_BYTES_MAX: u64 = 4 << 20;

/// A request is tried so many times more, within this time.
const RETRIES: usize = 3;
const RETRY_TIME: Duration = Duration::from_secs(60);

/// Whether a place is in an object store.
pub(crate) fn is_remote(path: &Path) -> bool {
    path.to_str().is_some_and(|place| place.starts_with(SCHEME))
}

/// A file in an object store, as it was when it was found.
#[derive(Clone)]
pub(crate) struct Object {
    bucket: Arc<Bucket>,
    key: ObjectPath,
    length: u64,
    /// What tells this content from any other under the same name.
    version: Option<String>,
}

impl fmt::Debug for Object {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{SCHEME}{}/{}", self.bucket.name, self.key)
    }
}

struct Bucket {
    name: String,
    store: AmazonS3,
    runtime: Runtime,
    /// Whether the environment says who asks.
    credentials: bool,
}

/// The objects of a place, by name: of one key, of all keys below it, or of a pattern.
pub(crate) fn find(place: &str) -> Result<Vec<(PathBuf, Object)>, Error> {
    let failed = |problem: String, help: &str| Error::new(Path::new(place), problem, Some(help.to_owned()));
    let (name, key) = place.trim_start_matches(SCHEME).split_once('/').unwrap_or((&place[SCHEME.len()..], ""));
    let bucket = Bucket::open(name).map_err(|problem| failed(problem, WRITTEN))?;
    let pattern = has_pattern(key).then(|| glob::Pattern::new(key)).transpose();
    let pattern = pattern.map_err(|error| failed(format!("is not a pattern: {error}"), PATTERNS))?;
    let fixed = if pattern.is_some() { &key[..key.find(['*', '?', '[']).unwrap_or(0)] } else { key };
    let whole = |text: &str| {
        ObjectPath::parse(text.trim_end_matches('/'))
            .map_err(|error| failed(format!("is no such place: {error}"), WRITTEN))
    };
    let told = |error: object_store::Error| bucket.told(&error, Path::new(place));
    if pattern.is_none() && !key.is_empty() && !key.ends_with('/') {
        match bucket.runtime.block_on(bucket.store.head(&whole(key)?)) {
            Ok(object) => return Ok(vec![bucket.object(object)]),
            Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(told(error)),
        }
    }
    let folder = if pattern.is_some() { fixed.rsplit_once('/').map_or("", |(folder, _)| folder) } else { fixed };
    let folder = whole(folder)?;
    let mut objects = bucket.below(&folder).map_err(told)?;
    let options = glob::MatchOptions { require_literal_separator: true, ..glob::MatchOptions::default() };
    objects.retain(|object| {
        let fits = pattern.as_ref().is_none_or(|pattern| pattern.matches_with(object.location.as_ref(), options));
        fits && !is_left_out(Path::new(object.location.as_ref()), Path::new(key))
    });
    // Some tools mark a folder by an empty object of its name.
    let is_marker = |object: &ObjectMeta| {
        let inside = format!("{}/", object.location);
        object.size == 0 && objects.iter().any(|other| other.location.as_ref().starts_with(&inside))
    };
    let mut found: Vec<_> =
        objects.iter().filter(|object| !is_marker(object)).cloned().map(|object| bucket.object(object)).collect();
    found.sort_by(|one, other| one.0.cmp(&other.0));
    match (found.is_empty(), pattern.is_some(), key.is_empty() || key.ends_with('/')) {
        (false, ..) => Ok(found),
        (true, true, _) => Err(failed("fits no object".into(), PATTERNS)),
        (true, false, true) => {
            Err(failed("is a folder without objects".into(), "does its name begin as the bucket lists it?"))
        }
        (true, false, false) => Err(failed(
            "there is no such object, and none below it".into(),
            "look at the key; large and small letters differ",
        )),
    }
}

const WRITTEN: &str = "a place in an object store is written s3://bucket/key";

impl Bucket {
    fn open(name: &str) -> Result<Arc<Self>, String> {
        if name.is_empty() {
            return Err("names no bucket".into());
        }
        // Who has chosen already keeps the choice.
        let _chosen = rustls::crypto::ring::default_provider().install_default();
        let settings = AmazonS3Builder::from_env().with_bucket_name(name);
        let backoff = BackoffConfig { max_backoff: Duration::from_secs(2), ..BackoffConfig::default() };
        let settings = settings.with_retry(RetryConfig { backoff, max_retries: RETRIES, retry_timeout: RETRY_TIME });
        let who = [
            Key::AccessKeyId,
            Key::WebIdentityTokenFile,
            Key::ContainerCredentialsRelativeUri,
            Key::ContainerCredentialsFullUri,
        ];
        let unsigned = settings.get_config_value(&Key::SkipSignature).is_some_and(|skip| skip == "true");
        let credentials = unsigned || who.iter().any(|key| settings.get_config_value(key).is_some());
        let store = settings.build().map_err(|error| format!("cannot be asked: {error}"))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| format!("cannot be asked: {error}"))?;
        Ok(Arc::new(Self { name: name.to_owned(), store, runtime, credentials }))
    }

    fn object(self: &Arc<Self>, found: ObjectMeta) -> (PathBuf, Object) {
        let path = PathBuf::from(format!("{SCHEME}{}/{}", self.name, found.location));
        let object = Object { bucket: self.clone(), key: found.location, length: found.size, version: found.e_tag };
        (path, object)
    }

    fn below(&self, folder: &ObjectPath) -> Result<Vec<ObjectMeta>, object_store::Error> {
        use futures_util::TryStreamExt as _;
        self.runtime.block_on(self.store.list(Some(folder)).try_collect())
    }

    /// What went wrong, in words that say what to do.
    fn told(&self, error: &object_store::Error, path: &Path) -> Error {
        let (problem, help) = self.words(error);
        Error::new(path, problem, Some(help))
    }

    fn words(&self, error: &object_store::Error) -> (String, String) {
        let all = chain(error);
        let says = |word: &str| all.contains(word);
        let environment =
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; AWS_SKIP_SIGNATURE=true for a public bucket";
        let (problem, help) = match error {
            _ if says("NoSuchBucket") => (
                format!("there is no bucket `{}`", self.name),
                "look at its name, at AWS_REGION and at AWS_ENDPOINT_URL",
            ),
            object_store::Error::NotFound { .. } => {
                ("there is no such object".to_owned(), "look at the key; large and small letters differ")
            }
            object_store::Error::Precondition { .. } => {
                ("was replaced while it was read".to_owned(), "run the command again")
            }
            object_store::Error::PermissionDenied { .. } | object_store::Error::Unauthenticated { .. } => {
                ("may not be read with these credentials".to_owned(), environment)
            }
            _ if !self.credentials => ("there are no credentials for it".to_owned(), environment),
            _ if says("timed out") => (
                "no answer came in time".to_owned(),
                "is the store reachable? AWS_ENDPOINT_URL and AWS_REGION say where it is",
            ),
            _ if says("URL scheme is not allowed") => {
                ("is asked over http, which is not secret".to_owned(), "set AWS_ALLOW_HTTP=true if that is meant")
            }
            _ => (
                format!("cannot be reached: {}", last(error)),
                "is the store reachable? AWS_ENDPOINT_URL and AWS_REGION say where it is",
            ),
        };
        (problem, help.to_owned())
    }
}

/// An error with all of its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

/// The innermost cause, which says most in the fewest words.
fn last(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(cause) = last.source() {
        last = cause;
    }
    last.to_string()
}

impl Object {
    /// How many bytes it has.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// So many bytes from a place on; it must have them.
    pub(super) fn range(&self, start: u64, length: u64) -> io::Result<Bytes> {
        let options = GetOptions {
            range: Some((start..start + length).into()),
            if_match: self.version.clone(),
            ..GetOptions::default()
        };
        let bucket = &self.bucket;
        let fetched = bucket.runtime.block_on(async { bucket.store.get_opts(&self.key, options).await?.bytes().await });
        let bytes = fetched.map_err(|error| {
            let (problem, help) = bucket.words(&error);
            io::Error::other(format!("{problem}; {help}"))
        })?;
        if bytes.len() as u64 != length {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "fewer bytes came than were asked for"));
        }
        Ok(bytes)
    }

    /// All of it, from the front.
    pub(super) fn sequence(&self) -> impl Read + use<> {
        Sequence { object: self.clone(), next: 0, piece: Bytes::new(), ahead: PIECE_BYTES }
    }
}

struct Sequence {
    object: Object,
    next: u64,
    piece: Bytes,
    /// How much is fetched the next time.
    ahead: u64,
}

impl Read for Sequence {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.object.length - self.next;
        if self.piece.is_empty() && left > 0 {
            self.piece = self.object.range(self.next, left.min(self.ahead))?;
            self.next += self.piece.len() as u64;
            self.ahead = PIECE_BYTES_MAX.min(self.ahead * 2);
        }
        let count = buffer.len().min(self.piece.len());
        buffer[..count].copy_from_slice(&self.piece.split_to(count));
        Ok(count)
    }
}
