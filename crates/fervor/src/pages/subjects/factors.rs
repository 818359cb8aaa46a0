//! The factors of an opportunity that somebody can say: what its rules ask of it, each as a field of a form.

use std::collections::BTreeMap;

use rules::condition::{Literal, Name, Operand, Predicate, Space};
use rules::model::{Kind, Model, Subject};
use rules::value::Attributes;

use crate::pages::show::worded;
use crate::t;

/// The attribute that the probability is multiplied by.
const AMOUNT: &str = "amount";

/// A field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) label: String,
    pub(super) value: String,
    /// What can be chosen, each as it is stored and as it is shown; a text or a number if there is nothing.
    pub(super) choices: Vec<Choice>,
    pub(super) is_number: bool,
}

/// Something that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) label: String,
    pub(super) is_chosen: bool,
}

/// What is known of the values that an attribute may have.
#[derive(Debug, Default)]
struct Seen {
    is_truth: bool,
    is_number: bool,
    texts: Vec<String>,
}

/// What the rules for opportunities ask of one, and the amount first.
pub(super) fn fields(model: &Model, attributes: &Attributes) -> Vec<Field> {
    let mut seen: BTreeMap<String, Seen> = BTreeMap::new();
    for rule in model.rules.iter().filter(|rule| model.score(rule.score).of == Subject::Opportunity) {
        match &rule.kind {
            Kind::When { condition, multiply_by, .. } => {
                of_predicate(&condition.predicate, &mut seen);
                of_number(multiply_by.as_ref(), &mut seen);
            }
            Kind::Cases { cases, multiply_by } => {
                cases.iter().for_each(|case| of_predicate(&case.condition.predicate, &mut seen));
                of_number(multiply_by.as_ref(), &mut seen);
            }
            Kind::Since { name, .. } if name.space == Space::Opportunity => {
                seen.entry(name.id.to_string()).or_default();
            }
            _ => {}
        }
    }
    seen.entry(AMOUNT.to_owned()).or_default().is_number = true;
    let mut fields: Vec<Field> = seen.into_iter().map(|(name, seen)| field(name, seen, attributes)).collect();
    fields.sort_by_key(|field| field.name != AMOUNT);
    fields
}

fn field(name: String, seen: Seen, attributes: &Attributes) -> Field {
    let value = attributes.get(&*name).map(|value| value.text().into_owned()).unwrap_or_default();
    let mut known: Vec<(String, String)> = Vec::new();
    if seen.is_truth && seen.texts.is_empty() {
        let truths = [("true", t::factor_yes()), ("false", t::factor_no())];
        known.extend(truths.map(|(value, label)| (value.to_owned(), label.plain())));
    }
    known.extend(seen.texts.iter().map(|text| (text.clone(), text.clone())));
    if !known.is_empty() {
        if !value.is_empty() && !known.iter().any(|(known, _)| *known == value) {
            known.push((value.clone(), value.clone()));
        }
        known.insert(0, (String::new(), t::factor_unknown().plain()));
    }
    let choice = |(own, label): (String, String)| Choice { is_chosen: own == value, value: own, label };
    Field {
        choices: known.into_iter().map(choice).collect(),
        is_number: seen.is_number,
        label: worded(&name),
        name,
        value,
    }
}

fn own(operand: &Operand) -> Option<&Name> {
    match operand {
        Operand::Name(name) if name.space == Space::Opportunity => Some(name),
        Operand::Lower(inner) | Operand::Upper(inner) => own(inner),
        Operand::Coalesce(all) => all.iter().find_map(own),
        _ => None,
    }
}

fn of_number(name: Option<&Name>, seen: &mut BTreeMap<String, Seen>) {
    if let Some(name) = name.filter(|name| name.space == Space::Opportunity) {
        seen.entry(name.id.to_string()).or_default().is_number = true;
    }
}

fn of_predicate(predicate: &Predicate, seen: &mut BTreeMap<String, Seen>) {
    match predicate {
        Predicate::Not(inner) => of_predicate(inner, seen),
        Predicate::All(parts) | Predicate::Any(parts) => parts.iter().for_each(|part| of_predicate(part, seen)),
        Predicate::Truth(operand) => {
            if let Some(name) = own(operand) {
                seen.entry(name.id.to_string()).or_default().is_truth = true;
            }
        }
        Predicate::Compare(left, _, right) => compared(left, std::slice::from_ref(right), seen),
        Predicate::In(operand, list) => compared(operand, list, seen),
        Predicate::Between(operand, low, _) => compared(operand, std::slice::from_ref(low), seen),
        other => other.for_each_operand(&mut |operand| {
            if let Some(name) = own(operand) {
                seen.entry(name.id.to_string()).or_default();
            }
        }),
    }
}

fn compared(left: &Operand, list: &[Operand], seen: &mut BTreeMap<String, Seen>) {
    let Some(name) = own(left) else { return };
    let seen = seen.entry(name.id.to_string()).or_default();
    for literal in list {
        match literal {
            Operand::Literal(Literal::Truth(_)) => seen.is_truth = true,
            Operand::Literal(Literal::Number(_)) => seen.is_number = true,
            Operand::Literal(Literal::Text(text)) if !seen.texts.iter().any(|known| **known == **text) => {
                seen.texts.push(text.to_string());
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use rules::value::Value;

    use super::*;

    #[test]
    fn what_rules_ask_of_an_opportunity_becomes_fields() {
        let text = "name = \"m\"\n[score.lead]\nof = \"opportunity\"\n\
                    [rule.budget]\nscore = \"lead\"\nwhen = \"opportunity.budget = TRUE AND contact.age > 3\"\npoints = 1\n\
                    [rule.seats]\nscore = \"lead\"\nwhen = \"opportunity.seats >= 5\"\npoints = 1\n\
                    [rule.stage]\nscore = \"lead\"\ncases = [\n\
                    { when = \"opportunity.stage IN ('offer', 'talks')\", points = 5 },\n\
                    { when = \"opportunity.stage = 'offer' OR opportunity.note IS NULL\", points = 2 } ]\n";
        let model = Model::parse(text).unwrap();
        let attributes = [("budget", "true"), ("stage", "lost")];
        let attributes =
            attributes.iter().map(|(name, value)| ((*name).into(), Value::text_of(value).unwrap())).collect();
        let told: Vec<String> = fields(&model, &attributes)
            .iter()
            .map(|field| {
                let one = |choice: &Choice| format!("{}{}", choice.label, if choice.is_chosen { "*" } else { "" });
                let choices: Vec<String> = field.choices.iter().map(one).collect();
                format!("{}={} {} {}", field.name, field.value, field.is_number, choices.join("/"))
            })
            .collect();
        assert_eq!(
            told,
            [
                "amount= true ",
                "budget=true false Not known/Yes*/No",
                "note= false ",
                "seats= true ",
                "stage=lost false Not known/offer/talks/lost*",
            ]
        );
    }
}
