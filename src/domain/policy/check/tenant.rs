//! What the daemon and the tenant's people show of a document.

use super::asks::{approver_roles, too_late};
use super::{Problems, escaped};
use crate::domain::catalog::Catalog;
use crate::domain::people::PersonKey;
use crate::domain::policy::asked::resolved;
use crate::domain::policy::document::{Approvers, Document, Match, Stage};
use crate::domain::policy::effective::Problem;
use crate::domain::policy::matching::folded;
use crate::domain::scope::Role;
use std::collections::{BTreeMap, BTreeSet};

/// What a daemon knows beside the document.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// Services and profiles.
    pub catalog: &'a Catalog,
    /// Names of the decision hooks in the configuration.
    pub hooks: &'a [String],
    /// The customer's hours to answer by the settings.
    pub hours_to_answer: u32,
}

/// Services and hooks that are not there, and what can therefore never happen.
#[must_use]
pub fn surroundings(document: &Document, known: &Surroundings<'_>) -> Vec<Problem> {
    let mut problems = Problems::default();
    let hooks: Vec<&str> = known.hooks.iter().map(String::as_str).collect();
    for (index, rule) in document.rules.iter().enumerate() {
        let at = format!("/rules/{index}");
        for (name, part) in [("match", &rule.matches), ("unless", &rule.unless)] {
            if let Some(part) = part {
                services(known.catalog, part, &format!("{at}/{name}"), &mut problems);
            }
        }
        if let Some(part) = &rule.matches {
            too_long(known.catalog, part, &format!("{at}/match"), &mut problems);
        }
        let Some(ask) = &rule.ask else { continue };
        if let Some(hook) = ask.hook.as_deref().filter(|hook| !hooks.contains(hook)) {
            problems.unknown(format!("{at}/ask/hook"), "decision hook", hook, &hooks);
        }
        if ask.answer_within_minutes.is_none() {
            let minutes = known.hours_to_answer.saturating_mul(60);
            too_late(ask, &format!("{at}/ask"), minutes, &mut problems);
        }
    }
    problems.0
}

fn services(catalog: &Catalog, part: &Match, at: &str, problems: &mut Problems) {
    let known: Vec<&str> = catalog.services.iter().map(|s| s.name.as_str()).collect();
    for (index, name) in part.services.iter().flatten().enumerate() {
        if catalog.service(name).is_none() {
            problems.unknown(format!("{at}/services/{index}"), "service", name, &known);
        }
    }
}

/// A length that no request can have.
fn too_long(catalog: &Catalog, part: &Match, at: &str, problems: &mut Problems) {
    let Some(minutes) = part.longer_than_minutes else {
        return;
    };
    let named = |name: &str| match &part.services {
        None => true,
        Some(services) => services.iter().any(|own| folded(own) == folded(name)),
    };
    let services = catalog
        .services
        .iter()
        .filter(|service| named(&service.name));
    let longest = services
        .filter_map(|service| catalog.profile(&service.profile))
        .map(|profile| profile.maximum_access_seconds)
        .max();
    if let Some(longest) = longest.filter(|longest| i64::from(minutes) * 60 >= *longest) {
        let longest = longest / 60;
        problems.add(
            format!("{at}/longerThanMinutes"),
            format!("This can never match: no request is for more than {longest} minutes."),
            format!("Write less than {longest}."),
        );
    }
}

/// The people and robots of a tenant.
#[derive(Clone, Debug, Default)]
pub struct People {
    /// By address (a robot by its name), in lower case; see [`People::new`].
    known: BTreeMap<String, Person>,
    /// Whether the settings let robots approve.
    automatic_approval: bool,
}

/// Somebody of the tenant.
#[derive(Clone, Debug)]
pub struct Person {
    /// A person's address, or a robot's name.
    pub label: String,
    /// Who it is; a robot is its owner.
    pub key: PersonKey,
    /// Whether it is a robot.
    pub robot: bool,
    /// Whether it may call.
    pub enabled: bool,
    /// What it holds anywhere in the tenant.
    pub roles: Vec<Role>,
}

impl People {
    /// Everybody of a tenant.
    #[must_use]
    pub fn new(everybody: Vec<Person>, automatic_approval: bool) -> Self {
        let known = everybody
            .into_iter()
            .map(|person| (folded(&person.label), person));
        Self {
            known: known.collect(),
            automatic_approval,
        }
    }

    /// The different persons who can act with one of these roles; as deciders robots count where
    /// the settings let them approve.
    fn holding(&self, roles: &[Role], robots: bool) -> impl Iterator<Item = (&str, &PersonKey)> {
        let robots = robots && self.automatic_approval;
        self.known
            .iter()
            .filter(move |(_, person)| person.enabled && (robots || !person.robot))
            .filter(|(_, person)| person.roles.iter().any(|role| roles.contains(role)))
            .map(|(label, person)| (label.as_str(), &person.key))
    }

    /// The different persons who may give an approval in a stage.
    fn able(&self, document: &Document, approvers: &Approvers) -> BTreeSet<&PersonKey> {
        let approvers = resolved(document, approvers);
        let deciding: Vec<Role> = approver_roles().collect();
        let by_name = self
            .holding(&deciding, true)
            .filter(|(label, _)| approvers.people.iter().any(|person| person == label));
        let by_role = self.holding(&approvers.roles, true);
        by_name.chain(by_role).map(|(_, key)| key).collect()
    }
}

/// Approvers who are not there or may not approve, and whatever would lock the tenant out.
#[must_use]
pub fn people(document: &Document, people: &People) -> Vec<Problem> {
    let mut problems = Problems::default();
    let deciding: Vec<Role> = approver_roles().collect();
    let deciders: BTreeSet<_> = people
        .holding(&deciding, true)
        .map(|(_, key)| key)
        .collect();
    let mut named: Vec<(String, &str)> = Vec::new();
    for (name, members) in &document.groups {
        let at = format!("/groups/{}", escaped(name));
        named.extend(
            members
                .iter()
                .enumerate()
                .map(|(i, m)| (format!("{at}/{i}"), m.as_str())),
        );
    }
    for (index, delegate) in document.delegates.iter().enumerate() {
        named.push((format!("/delegates/{index}/to"), &delegate.to));
        let label = folded(&delegate.person);
        if !people.known.contains_key(&label) {
            unknown(
                people,
                format!("/delegates/{index}/person"),
                &delegate.person,
                &mut problems,
            );
        }
    }
    for (index, rule) in document.rules.iter().enumerate() {
        let Some(ask) = &rule.ask else { continue };
        let at = format!("/rules/{index}/ask");
        let stages = ask.stages.as_deref().unwrap_or_default();
        let stages_at = stages
            .iter()
            .enumerate()
            .map(|(i, s)| (format!("stages/{i}/approvers"), &s.approvers));
        let later = ask
            .escalate
            .iter()
            .enumerate()
            .map(|(i, e)| (format!("escalate/{i}/to"), &e.to));
        for (part, approvers) in stages_at.chain(later) {
            let each = approvers.people.iter().enumerate();
            named.extend(each.map(|(i, p)| (format!("{at}/{part}/people/{i}"), p.as_str())));
        }
        if !satisfiable(document, stages, people) {
            problems.add(
                format!("{at}/stages"),
                "Nobody could approve: there are not enough different people who may, one approval each.",
                "Ask for fewer approvals, name more people, or give more people an approver's role.",
            );
        }
        if let Some(denials) = ask.deny_threshold.filter(|n| *n as usize > deciders.len()) {
            problems.add(
                format!("{at}/denyThreshold"),
                format!(
                    "{denials} denials can never come together: {} may decide.",
                    deciders.len()
                ),
                "Write a smaller number.",
            );
        }
    }
    for (index, rule) in document.rules.iter().enumerate() {
        if let Some(hook) = rule.ask.as_ref().and_then(|ask| ask.hook.as_deref()) {
            let at = format!("/rules/{index}/ask/hook");
            robot_of(people, &deciding, at, hook, &mut problems);
        }
    }
    for (at, name) in named {
        approver(people, &deciding, at, name, &mut problems);
    }
    let administrators: BTreeSet<_> = people
        .holding(&[Role::GlobalAdministrator], false)
        .map(|(_, key)| key)
        .collect();
    if document.four_eyes.is_some() && administrators.len() < 2 {
        problems.add(
            "/fourEyes",
            "You would lock yourself out: a change would take two administrators, and there are not two.",
            "Give a second person the role GlobalAdministrator first.",
        );
    }
    problems.0
}

fn unknown(people: &People, at: String, name: &str, problems: &mut Problems) {
    let known: Vec<&str> = people
        .known
        .values()
        .map(|person| person.label.as_str())
        .collect();
    problems.unknown(at, "person or robot", name, &known);
}

fn approver(people: &People, deciding: &[Role], at: String, name: &str, problems: &mut Problems) {
    let Some(person) = people.known.get(&folded(name)) else {
        return unknown(people, at, name, problems);
    };
    if !person.enabled {
        problems.add(at, format!("{name} is disabled."), "Name somebody else.");
    } else if !person.roles.iter().any(|role| deciding.contains(role)) {
        let roles: Vec<&str> = deciding.iter().map(|role| role.as_str()).collect();
        problems.add(
            at,
            format!("{name} holds no approver's role."),
            format!(
                "Assign one of {} first, or name somebody else.",
                roles.join(", ")
            ),
        );
    }
}

/// A hook speaks as the robot that is called like it, with the role that an administrator gave it.
fn robot_of(people: &People, deciding: &[Role], at: String, hook: &str, problems: &mut Problems) {
    let robot = people.known.get(&folded(hook));
    let robot = robot.filter(|robot| robot.robot && robot.label == hook);
    let Some(robot) = robot else {
        let roles: Vec<&str> = deciding.iter().map(|role| role.as_str()).collect();
        return problems.add(
            at,
            format!("The hook '{hook}' has no robot, so its answers could not count."),
            format!(
                "Create a robot named '{hook}' first (principal.create) and give it one of {}.",
                roles.join(", ")
            ),
        );
    };
    if robot.enabled {
        approver(people, deciding, at, hook, problems);
    } else {
        problems.add(
            at,
            format!("The robot '{hook}' of this hook is disabled."),
            "Enable it first (principal.enable), or leave the hook out.",
        );
    }
}

/// Whether every approval of every stage can be given by another person: each has one vote for a
/// request. Finds for each approval a person, moving earlier ones to others where that helps.
fn satisfiable(document: &Document, stages: &[Stage], people: &People) -> bool {
    let able: Vec<BTreeSet<&PersonKey>> = stages
        .iter()
        .flat_map(|stage| {
            let able = people.able(document, &stage.approvers);
            std::iter::repeat_n(able, stage.needed as usize)
        })
        .collect();
    let mut taken = BTreeMap::new();
    (0..able.len()).all(|slot| seat(slot, &able, &mut taken, &mut BTreeSet::new()))
}

fn seat<'a>(
    slot: usize,
    able: &[BTreeSet<&'a PersonKey>],
    taken: &mut BTreeMap<&'a PersonKey, usize>,
    tried: &mut BTreeSet<&'a PersonKey>,
) -> bool {
    for person in able.get(slot).into_iter().flatten() {
        if tried.insert(person)
            && taken
                .get(person)
                .copied()
                .is_none_or(|other| seat(other, able, taken, tried))
        {
            taken.insert(person, slot);
            return true;
        }
    }
    false
}
