//! The live service from outside: what it answers, and that nothing it has answered for is ever lost or counted twice.

mod crash;
mod flood;
mod harness;
mod http;
mod imports;
mod load;
mod model;
mod outage;
mod pair;
mod persons;
mod reading;
mod refusing;
mod sdk;
mod stopping;
mod stream;
mod taking;
