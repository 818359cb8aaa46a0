//! Requests with a name: whoever sends one again is given the answer that was given before.

use std::collections::BTreeMap;

use rules::day::Instant;
use serde::{Deserialize, Serialize};
use store::keep::Document;

use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::fact::{Reason, Refusal, Taken};
use crate::take::Request;

/// The name of a request that may be sent several times.
#[derive(Clone, Debug)]
pub struct Once {
    /// The name.
    pub id: String,
    /// What the request was, in short: another one under the same name is refused.
    pub fingerprint: String,
    /// How long the answer is kept.
    pub until: Instant,
}

/// The kind of documents that hold answers to requests with a name.
pub(crate) const ANSWER: &str = "answer";

/// The answers to requests that are taken together, as far as they are known.
pub(crate) struct Claims {
    answers: Vec<Option<Result<Vec<Taken>>>>,
    /// Which of them repeat one of the others.
    repeated: Vec<bool>,
}

impl Claims {
    /// Those that are to be taken.
    pub(crate) fn fresh<'r>(&self, requests: &'r [Request]) -> Vec<&'r Request> {
        let open = requests.iter().zip(&self.answers).zip(&self.repeated);
        open.filter(|((_, answer), repeated)| answer.is_none() && !**repeated)
            .map(|((request, _), _)| request)
            .collect()
    }
}

impl Desk<'_> {
    /// The answers that were given to requests of these names before, and which of them repeat one of these.
    pub(crate) fn claim_all(&mut self, requests: &[Request]) -> Result<Claims> {
        let mut firsts: BTreeMap<&str, (usize, &Once)> = BTreeMap::new();
        let (mut answers, mut repeated) = (Vec::new(), Vec::new());
        for (place, request) in requests.iter().enumerate() {
            let first = request.once.as_ref().map(|once| firsts.entry(&once.id).or_insert((place, once)).0);
            answers.push(None);
            repeated.push(first.is_some_and(|first| first != place));
        }
        // By name, and so in one order for everybody, as with all that others may wait for.
        for (place, once) in firsts.into_values() {
            answers[place] = self.claim(once)?;
        }
        Ok(Claims { answers, repeated })
    }

    /// The answer that was given to a request of this name. Where there is none, whoever else comes with the name
    /// waits until this transaction is done.
    fn claim(&mut self, once: &Once) -> Result<Option<Result<Vec<Taken>>>> {
        let claim = Document { id: once.id.clone(), at: self.now, until: Some(once.until), text: String::new() };
        if self.session.add_document(ANSWER, &claim)? {
            return Ok(None);
        }
        let answer = self.answered(once)?;
        if answer.is_none() {
            // It is kept no longer; of several who come now one removes it, and the others wait for that one.
            self.session.remove_document(ANSWER, &once.id)?;
            if !self.session.add_document(ANSWER, &claim)? {
                return self.answered(once);
            }
        }
        Ok(answer)
    }

    /// The answer that was given to a request of this name.
    fn answered(&mut self, once: &Once) -> Result<Option<Result<Vec<Taken>>>> {
        let Some(document) = self.session.document(ANSWER, &once.id)? else { return Ok(None) };
        if document.until.is_some_and(|until| until <= self.now) {
            return Ok(None);
        }
        let kept: Kept = serde_json::from_str(&document.text)
            .map_err(|error| store::Error::Broken(format!("an answer that was kept: {error}")))?;
        if kept.fingerprint != once.fingerprint {
            let message = "this Idempotency-Key was used for another request; choose a new one";
            return Ok(Some(Err(Error::Conflict(message.into()))));
        }
        Ok(Some(Ok(kept.taken.into_iter().map(Into::into).collect())))
    }

    fn keep_answer(&mut self, once: &Once, taken: &[Taken]) -> Result<()> {
        let kept = Kept { fingerprint: once.fingerprint.clone(), taken: taken.iter().map(Into::into).collect() };
        let text = serde_json::to_string(&kept).expect("texts");
        let document = Document { id: once.id.clone(), at: self.now, until: Some(once.until), text };
        Ok(self.session.put_document(ANSWER, &document)?)
    }

    /// The answers to all, given those to what was fresh; they are kept.
    pub(crate) fn answer_all(
        &mut self,
        requests: &[Request],
        claims: Claims,
        taken: Vec<Vec<Taken>>,
    ) -> Result<Vec<Result<Vec<Taken>>>> {
        let Claims { mut answers, repeated } = claims;
        let mut taken = taken.into_iter();
        for ((request, answer), is_repeated) in requests.iter().zip(&mut answers).zip(repeated) {
            if let Some(once) = request.once.as_ref().filter(|_| is_repeated) {
                *answer = self.answered(once)?;
            } else if answer.is_none() {
                let each = taken.next().expect("one for each fresh request");
                if let Some(once) = &request.once {
                    self.keep_answer(once, &each)?;
                }
                *answer = Some(Ok(each));
            }
        }
        Ok(answers.into_iter().flatten().collect())
    }
}

/// An answer as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    fingerprint: String,
    taken: Vec<KeptTaken>,
}

#[derive(Serialize, Deserialize)]
enum KeptTaken {
    Accepted,
    Duplicate,
    Refused(String, String),
}

impl From<&Taken> for KeptTaken {
    fn from(taken: &Taken) -> Self {
        match taken {
            Taken::Accepted => Self::Accepted,
            Taken::Duplicate => Self::Duplicate,
            Taken::Refused(refusal) => Self::Refused(refusal.reason.code().to_owned(), refusal.message.clone()),
        }
    }
}

impl From<KeptTaken> for Taken {
    fn from(kept: KeptTaken) -> Self {
        match kept {
            KeptTaken::Accepted => Self::Accepted,
            KeptTaken::Duplicate => Self::Duplicate,
            KeptTaken::Refused(code, message) => {
                let reason = Reason::ALL.iter().find(|(_, known)| *known == code);
                Self::Refused(Refusal::new(reason.map_or(Reason::Malformed, |(reason, _)| *reason), message))
            }
        }
    }
}
