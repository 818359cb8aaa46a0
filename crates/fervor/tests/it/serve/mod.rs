//! The live service from outside: what it answers, and that nothing it has answered for is ever lost or counted twice.

mod browser;
mod chromium;
mod crash;
mod deals;
mod flood;
mod harness;
mod http;
mod imports;
mod lists;
mod load;
mod logins;
mod model;
mod outage;
mod pages;
mod pair;
mod people;
mod persons;
mod reading;
mod refusing;
mod roles;
mod sdk;
mod settings;
mod stopping;
mod stream;
mod subjects;
mod taking;
