//! Evaluation: from what files give to values, expressions carried out as far as files can say.
//!
//! A field may refer to another declared field, and that one to a third. Fields are therefore settled depth first, each
//! once, with a stack of our own: a chain may be as long as the files allow, and a circle is found where it closes.

mod argument;
mod budget;
mod declared;
mod list;
mod needs;

use std::collections::{HashMap, HashSet};

use argument::FieldScope;
use budget::Budget;

use super::draft::Drafts;
use super::each;
use super::expression::{
    self, Expression, ExpressionName, Known, KnownFor, Segment, SyntaxError, Term, fields_hint, is_alone, is_plain,
    name as name_of, names_a_file, output, secret_label, segments,
};
use super::functions::DERIVE;
use super::secrets::{Secrets, StandInShape};
use super::site::{Site, ValuePurpose, purpose};
use super::spread::Spreads;
use super::texts::Texts;
use super::variables::Variables;
use crate::address::Address;
use crate::attr::{Attr, Template, TemplatePart};
use crate::check::places;
use crate::finding::{Finding, PathKey, Place};
use crate::source::Node;
use crate::spec::{CERTIFICATE, Type, text_wanted};
use crate::topology::LITERAL;

/// Comparisons that may be made all in all to suggest declared names: with many mistakes in a large workspace the last
/// ones go without, rather than everybody waiting.
const SUGGESTIONS: usize = 1_000_000;

/// A declared field: the number of its draft, and its own number in it.
type FieldSlot = (usize, usize);

/// What is known about a field's value.
#[derive(Debug, Clone)]
enum State {
    New,
    Open,
    Done(Attr),
}

/// Settles the fields of all drafts.
pub(crate) struct Evaluator<'a> {
    drafts: &'a Drafts,
    index: HashMap<&'a Address, usize>,
    states: Vec<Vec<State>>,
    variables: &'a Variables,
    /// The secrets that expressions name.
    pub secrets: &'a Secrets,
    /// The texts of files that expressions name.
    pub texts: Texts<'a>,
    suggestions: usize,
    budget: Budget,
    /// Whether all files could be read: if not, what is not declared may stand in the others.
    complete: bool,
    /// The fields in which something stands for what could not be told.
    lost: HashSet<FieldSlot>,
    /// Whether that is so of what is being looked at.
    is_lost: bool,
    /// The lists that have other items than in the files.
    pub spreads: Spreads,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

impl<'a> Evaluator<'a> {
    /// An evaluator that has settled nothing yet.
    pub(crate) fn new(
        drafts: &'a Drafts,
        variables: &'a Variables,
        secrets: &'a Secrets,
        texts: Texts<'a>,
        complete: bool,
    ) -> Evaluator<'a> {
        let index = drafts.resources.iter().enumerate().map(|(number, draft)| (&draft.address, number)).collect();
        let states = drafts.resources.iter().map(|draft| vec![State::New; draft.fields.len()]).collect();
        let (suggestions, budget) = (SUGGESTIONS, Budget::whole());
        let (lost, is_lost, findings) = (HashSet::new(), false, Vec::new());
        Evaluator {
            drafts,
            index,
            states,
            variables,
            secrets,
            texts,
            suggestions,
            budget,
            complete,
            lost,
            is_lost,
            spreads: Spreads::default(),
            findings,
        }
    }

    /// The variables that expressions name.
    pub(crate) fn variables(&self) -> &'a Variables {
        self.variables
    }

    /// Settles every field.
    pub(crate) fn evaluate_all(&mut self) {
        for (number, draft) in self.drafts.resources.iter().enumerate() {
            (0..draft.fields.len()).for_each(|field| self.evaluate((number, field)));
        }
    }

    /// The values of a draft's fields, in the draft's order. They are given away: nothing can refer to them afterwards.
    pub(crate) fn take(&mut self, number: usize) -> Vec<Attr> {
        let states = self.states.get_mut(number).map(std::mem::take).unwrap_or_default();
        let value = |state| if let State::Done(value) = state { value } else { Attr::Null };
        states.into_iter().map(value).collect()
    }

    /// Says whether something in a field stands for what could not be told: what was wrong there has been told.
    pub(crate) fn is_lost(&self, slot: FieldSlot) -> bool {
        self.lost.contains(&slot)
    }

    /// What stands for a value that can't be told.
    fn lose(&mut self) -> Attr {
        self.is_lost = true;
        Attr::Null
    }

    fn state(&self, (draft, field): FieldSlot) -> Option<&State> {
        self.states.get(draft)?.get(field)
    }

    fn set(&mut self, (draft, field): FieldSlot, state: State) {
        if let Some(own) = self.states.get_mut(draft).and_then(|fields| fields.get_mut(field)) {
            *own = state;
        }
    }

    fn evaluate(&mut self, start: FieldSlot) {
        let mut stack = vec![start];
        while let Some(&slot) = stack.last() {
            match self.state(slot) {
                Some(State::New) => {
                    self.set(slot, State::Open);
                    for needed in self.needs(slot) {
                        match self.state(needed) {
                            Some(State::New) => stack.push(needed),
                            Some(State::Open) => {
                                self.circle(&stack, needed);
                                // Whoever closes the circle gets nothing, so that everything else can be looked at.
                                self.set(slot, State::Done(Attr::Null));
                                self.lost.insert(slot);
                            }
                            Some(State::Done(_)) | None => {}
                        }
                    }
                }
                Some(State::Open) => {
                    let value = self.compute(slot);
                    self.set(slot, State::Done(value));
                    stack.pop();
                }
                Some(State::Done(_)) | None => drop(stack.pop()),
            }
        }
    }

    fn circle(&mut self, stack: &[FieldSlot], closes_at: FieldSlot) {
        let is_open = |slot: &&FieldSlot| matches!(self.state(**slot), Some(State::Open));
        let open: Vec<FieldSlot> = stack.iter().filter(is_open).copied().collect();
        let from = open.iter().position(|slot| *slot == closes_at).unwrap_or(0);
        let ring: Vec<(String, Place)> = open.iter().skip(from).filter_map(|slot| self.named(*slot)).collect();
        let Some((first, place)) = ring.first() else { return };
        let shown: Vec<&str> = ring.iter().map(|(name, _)| name.as_str()).chain([first.as_str()]).collect();
        let mut finding = Finding::error("cycle", format!("values go round in a circle: {}", shown.join(" → ")))
            .help(format!(
                "give one of them a value of its own; they stand at {}",
                places(ring.iter().map(|(_, place)| place))
            ))
            .at(place);
        if let Some((_, second)) = ring.get(1) {
            finding = finding.also(second, "which needs this");
        }
        self.findings.push(finding);
    }

    fn named(&self, (number, field): FieldSlot) -> Option<(String, Place)> {
        let draft = self.drafts.resources.get(number)?;
        let field = draft.fields.get(field)?;
        Some((format!("{}.{}", draft.address, field.name), Site::of(draft, field).place()))
    }

    fn compute(&mut self, (number, field): FieldSlot) -> Attr {
        let drafts = self.drafts;
        let Some(draft) = drafts.resources.get(number) else { return Attr::Null };
        let Some(given) = draft.fields.get(field) else { return Attr::Null };
        self.is_lost = false;
        let value = self.value(&given.value, purpose(draft, &given.name), &mut Site::of(draft, given));
        self.lost.extend(self.is_lost.then_some((number, field)));
        value
    }

    /// The value that a node means at a site.
    pub(crate) fn value(&mut self, node: &Node, purpose: ValuePurpose, site: &mut Site) -> Attr {
        let attr = match node {
            Node::Text(text) => return self.text(text, purpose, site),
            Node::Null => return Attr::Null,
            Node::Bool(_) | Node::Number(_) | Node::Spelt(_) => node.to_typed(purpose.ty),
            Node::List(items) => return self.list(items, purpose.item(), site),
            Node::Map(entries) => {
                let each = |(key, value): &(std::sync::Arc<str>, Node)| {
                    site.path.push(PathKey::Name(key.clone()));
                    let value = self.value(value, purpose.key(key), site);
                    site.path.pop();
                    (key.to_string(), value)
                };
                return Attr::Map(entries.iter().map(each).collect());
            }
        };
        purpose.conceal(self.secrets, LITERAL, attr)
    }

    fn text(&mut self, text: &str, purpose: ValuePurpose, site: &Site) -> Attr {
        if is_plain(text) {
            return purpose.conceal(self.secrets, LITERAL, Attr::text(text));
        }
        if purpose.secret && names_a_file(text) {
            let finding = Finding::error("secret-file", "it must not be shown, and a file of the workspace is");
            let help =
                "declare it in `trueup.yaml`, as in `secrets: { NAME: { file: PATH } }`, and write `${secret.NAME}`";
            self.findings.push(finding.help(help).at(&site.place()));
            return self.lose();
        }
        let wanted = |value| match &purpose.ty {
            Some(ty) => text_wanted(ty, value),
            None => value,
        };
        match self.expressions(text, purpose.ty, site).map(wanted) {
            // Somebody's secret as the whole value goes by its own name.
            Ok(Attr::Secret(secret)) if secret.label() != LITERAL && is_alone(text) => Attr::Secret(secret),
            Ok(value) => purpose.conceal(self.secrets, &secret_label(text), value),
            Err(finding) => {
                self.findings.push(finding.at(&site.place()));
                self.lose()
            }
        }
    }

    /// A text with its expressions carried out. One expression alone keeps its value's type.
    fn expressions(&mut self, text: &str, ty: Option<Type>, site: &Site) -> Result<Attr, Box<Finding>> {
        let segments = segments(text).map_err(SyntaxError::finding)?;
        if let [Segment::Expression(expression)] = segments.as_slice() {
            return self.expression(expression, ty, site);
        }
        let mut parts = Vec::with_capacity(segments.len());
        for segment in segments {
            match segment {
                Segment::Text(text) => parts.push(TemplatePart::Text(text.into_owned())),
                Segment::Expression(expression) => match self.expression(&expression, Some(Type::Text), site)? {
                    Attr::Secret(secret) => parts.push(TemplatePart::Secret(secret)),
                    Attr::Later(template) => parts.extend(template.parts),
                    other => parts.push(TemplatePart::Text(other.to_text().ok_or_else(|| {
                        let message =
                            format!("`${{{}}}` is a list or map, which can't stand inside a text", expression.text);
                        let finding = Finding::error("bad-expression", message).help("let it be the whole value");
                        expression.accused(Box::new(finding))
                    })?)),
                },
            }
        }
        Ok(Template::of(parts))
    }

    fn expression(&mut self, expression: &Expression, ty: Option<Type>, site: &Site) -> Result<Attr, Box<Finding>> {
        if self.budget.is_spent() {
            return Ok(self.lose());
        }
        let value = self.meant(expression, ty, site).map_err(|finding| expression.accused(finding))?;
        self.budget.take(&value)?;
        Ok(value)
    }

    /// What stands in the place of an expression.
    fn meant(&mut self, expression: &Expression, ty: Option<Type>, site: &Site) -> Result<Attr, Box<Finding>> {
        if let Term::Call(DERIVE, arguments) = &expression.term {
            return self.derived(arguments, site);
        }
        let Term::Name(parts) = &expression.term else {
            let known = expression::value(expression, &mut FieldScope { evaluator: self, site })?;
            return Ok(known.map_or_else(|| self.lose(), |node| node.to_typed(ty)));
        };
        let own = Known { each: site.each, variables: self.variables, purpose: KnownFor::Inner };
        let Some(name) = name_of(parts, expression.text, own)? else { return Ok(self.lose()) };
        match name {
            ExpressionName::Variable(name, path) => {
                let known = self.variables.get(&name, &path)?.map(|value| value.to_typed(ty));
                Ok(known.unwrap_or_else(|| self.lose()))
            }
            ExpressionName::Secret(name) => {
                let secret = self.secrets.get(&name)?;
                let shape = self.shape(ty, site);
                let shaped = secret.map(|secret| Attr::Secret(self.secrets.shaped(&name, secret, shape)));
                Ok(shaped.unwrap_or_else(|| self.lose()))
            }
            own @ (ExpressionName::EachKey | ExpressionName::EachValue(_)) => {
                each::value(site.each, &own).map(|value| value.to_typed(ty))
            }
            ExpressionName::Output(text) => self.output(&text, site),
        }
    }

    /// What a stand-in has to look like: a certificate, or the key that belongs to one.
    fn shape(&self, ty: Option<Type>, site: &Site) -> StandInShape {
        let is_certificate = |ty: Type| ty.is(&CERTIFICATE);
        let draft = site.own.and_then(|own| self.index.get(own)).and_then(|number| self.drafts.resources.get(*number));
        match ty {
            Some(ty) if is_certificate(ty) => StandInShape::Certificate,
            _ if draft.is_some_and(|draft| draft.kind.fields.iter().any(|field| is_certificate(field.ty))) => {
                StandInShape::PrivateKey
            }
            _ => StandInShape::Word,
        }
    }

    fn output(&mut self, text: &str, site: &Site) -> Result<Attr, Box<Finding>> {
        let name = match output(text, self) {
            Ok(name) => name,
            Err(_) if !self.complete => return Ok(self.lose()),
            Err(bad) => return Err(Finding::error("unknown-address", bad.message).help(bad.help).into()),
        };
        let first = name.field.split('.').next().unwrap_or_default();
        if first != "id" && name.kind.field(first).is_none() {
            let finding = Finding::error("unknown-field", format!("`{}` has no field `{first}`", name.kind.name));
            return Err(finding.help(fields_hint(name.kind, first)).into());
        }
        self.declared(&name.address)?;
        if let Some(slot) = self.declared_field(&name)
            && let Some(State::Done(value)) = self.state(slot)
        {
            let path = name.field.split_once('.').map(|(_, path)| path);
            // What the files do not give below a declared field the provider may.
            if let Ok(value) = into(value, path) {
                self.is_lost |= self.lost.contains(&slot);
                return Ok(value);
            }
        }
        if site.own == Some(&name.address) {
            let finding =
                Finding::error("cycle", format!("`{}` would wait for its own `{}`", name.address, name.field));
            return Err(finding.help("a resource's outputs are known only after it has been made").into());
        }
        Ok(Attr::output(name.address, name.field))
    }
}

/// What stands at a path of dots in a value.
///
/// # Errors
/// The part of the path at which there is nothing.
fn into(value: &Attr, path: Option<&str>) -> Result<Attr, String> {
    let mut here = value;
    for key in path.into_iter().flat_map(|path| path.split('.')) {
        here = match here {
            Attr::Map(map) => map.get(key),
            Attr::List(items) => key.parse::<usize>().ok().and_then(|index| items.get(index)),
            _ => None,
        }
        .ok_or_else(|| key.to_owned())?;
    }
    Ok(here.clone())
}
