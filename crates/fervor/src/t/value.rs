//! What is said within a text: numbers, which choose between one and many; texts, which are escaped; and what is HTML
//! already.

use std::borrow::Cow;

use askama::filters::{Escaper as _, Html as Escaped};
use fluent_bundle::FluentValue;
use rules::day::Day;
use rules::decimal::Decimal;
use rules::model::Subject;
use store::subject::Kind;

use super::Text;
use crate::pages::{Band, Date, Number, When};

/// A value as a text is given it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Given {
    Number(i64),
    Text(String),
    Html(String),
    Said(Text),
}

/// Something that can be said within a text.
pub(crate) trait Value {
    fn given(&self) -> Given;
}

impl Given {
    /// As a part of a page.
    pub(super) fn html(&self) -> FluentValue<'static> {
        match self {
            Self::Text(text) => FluentValue::from(escaped(text)),
            Self::Said(text) => FluentValue::from(text.to_string()),
            given => given.plain(),
        }
    }

    /// As it is.
    pub(super) fn plain(&self) -> FluentValue<'static> {
        match self {
            Self::Number(number) => FluentValue::from(*number),
            Self::Text(text) | Self::Html(text) => FluentValue::from(text.clone()),
            Self::Said(text) => FluentValue::from(text.plain()),
        }
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::new();
    // A string takes whatever is written to it.
    let written = Escaped.write_escaped_str(&mut out, text);
    debug_assert!(written.is_ok());
    out
}

/// A piece of HTML that is safe already, as another template or a link with a class.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Html<T>(T);

pub(crate) fn html<T: std::fmt::Display>(safe: T) -> Html<T> {
    Html(safe)
}

impl<T: Value + ?Sized> Value for &T {
    fn given(&self) -> Given {
        (**self).given()
    }
}

impl Value for str {
    fn given(&self) -> Given {
        Given::Text(self.to_owned())
    }
}

impl Value for String {
    fn given(&self) -> Given {
        Given::Text(self.clone())
    }
}

impl Value for Cow<'_, str> {
    fn given(&self) -> Given {
        Given::Text(self.clone().into_owned())
    }
}

impl Value for Text {
    fn given(&self) -> Given {
        Given::Said(self.clone())
    }
}

/// A day, which a script shows as the reader writes days.
impl Value for Day {
    fn given(&self) -> Given {
        Date(*self).given()
    }
}

impl Value for Decimal {
    fn given(&self) -> Given {
        Given::Text(self.to_string())
    }
}

/// Texts tell contacts, accounts and opportunities apart by their words.
impl Value for Kind {
    fn given(&self) -> Given {
        Given::Text(self.word().to_owned())
    }
}

impl Value for Subject {
    fn given(&self) -> Given {
        Given::Text(self.word().to_owned())
    }
}

impl<T: std::fmt::Display> Value for Html<T> {
    fn given(&self) -> Given {
        Given::Html(self.0.to_string())
    }
}

macro_rules! whole {
    ($($number:ty)*) => {$(
        impl Value for $number {
            fn given(&self) -> Given {
                Given::Number(i64::try_from(*self).unwrap_or(i64::MAX))
            }
        }
    )*};
}
whole!(i64 u64 i32 u32 u16 u8 usize);

macro_rules! shown {
    ($($shown:ty)*) => {$(
        impl Value for $shown {
            fn given(&self) -> Given {
                Given::Html(self.to_string())
            }
        }
    )*};
}
shown!(Band Date Number When);
