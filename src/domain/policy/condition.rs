//! `when`: a condition in CEL, for what the structured parts of a rule cannot say.
//!
//! An expression may use these, text as it was written, `""` where nothing is known:
//!
//! | name | type |
//! |---|---|
//! | `request.service`, `.reason`, `.ticket`, `.citizenship`, `.location` | text |
//! | `request.accessLevel` | `"read"` or `"write"` |
//! | `request.durationMinutes` | whole number, cut |
//! | `request.resources`, `.dataCategories`, `.operations`; `tenant.tags` | lists of text |
//! | `local.<calendar>.open` | whether it was open on arrival |
//! | `local.<calendar>.hour`, `.minute`, `.weekday` (Monday is 1) | local numbers on arrival |
//! | `local.<calendar>.date` | local date on arrival, `"2026-11-22"` |
//!
//! with the operators of CEL and `size`, `contains`, `startsWith`, `endsWith`, `matches` (a literal
//! pattern), `int`, `string` and `has`. Everything else is refused when the policy is compiled:
//! comprehensions (`all`, `exists`, `map`, `filter`), because their cost has no bound, and every
//! selector of time, because it would go by another time zone database than calendars do.
//!
//! A condition that fails, or that answers neither true nor false, is taken for what is safe: a
//! rule that denies or asks applies, and one that approves does not.

use crate::clock::zones::DateTime;
use crate::domain::policy::calendar::Calendar;
use crate::domain::policy::judge::Facts;
use crate::domain::policy::matching;
use cel::common::ast::{Expr, IdedExpr, LiteralValue, operators};
use cel::objects::Value;
use cel::{Context, Env, Program};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// The most characters of a condition.
pub const LONGEST_CONDITION: usize = 1_024;

/// How deep brackets may be nested, those in texts counted too. A level takes the parser up to
/// 170 kB of its stack, so its own bound of 96 would be too late; a test shows that this is not.
const BRACKETS: usize = 6;

/// The most `?` of a condition, as each is a level for the parser too.
const CHOICES: usize = 16;

/// How deep the tree may be: a chain such as `a + b + c` is a level for each of its signs, and a
/// level takes up to 40 kB of the stack when it is evaluated.
const DEPTH: usize = 24;

const REQUEST: [&str; 10] = [
    "service",
    "reason",
    "ticket",
    "durationMinutes",
    "resources",
    "dataCategories",
    "accessLevel",
    "operations",
    "citizenship",
    "location",
];
const TENANT: [&str; 1] = ["tags"];
const LOCAL: [&str; 5] = ["open", "hour", "minute", "weekday", "date"];

const FUNCTIONS: [&str; 6] = [
    "size",
    "contains",
    "startsWith",
    "endsWith",
    "int",
    "string",
];

const OPERATORS: [&str; 16] = [
    operators::CONDITIONAL,
    operators::LOGICAL_AND,
    operators::LOGICAL_OR,
    operators::LOGICAL_NOT,
    operators::SUBSTRACT,
    operators::ADD,
    operators::MULTIPLY,
    operators::DIVIDE,
    operators::MODULO,
    operators::EQUALS,
    operators::NOT_EQUALS,
    operators::GREATER_EQUALS,
    operators::LESS_EQUALS,
    operators::GREATER,
    operators::LESS,
    operators::NEGATE,
];

/// A condition that may be evaluated.
#[derive(Debug)]
pub(super) struct Condition {
    program: Program,
    /// The calendars whose local time it uses.
    calendars: BTreeSet<String>,
}

/// What is wrong with a condition.
pub(super) struct Fault {
    pub(super) message: String,
    pub(super) suggestion: String,
}

impl Fault {
    fn new(message: impl Into<String>, suggestion: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            suggestion: suggestion.into(),
        }
    }
}

impl Condition {
    /// Reads a condition, and refuses what must not be evaluated.
    pub(super) fn new(source: &str) -> Result<Self, Fault> {
        if source.chars().count() > LONGEST_CONDITION {
            return Err(Fault::new(
                format!("The condition is longer than {LONGEST_CONDITION} characters."),
                "Use the structured parts of match, or several rules.",
            ));
        }
        if nesting(source) > BRACKETS || source.matches('?').count() > CHOICES {
            return Err(too_deep());
        }
        let program = Program::compile(source).map_err(|errors| {
            let text = errors.to_string();
            let line = text.lines().next().unwrap_or_default().trim();
            Fault::new(
                format!("The condition is no CEL: {line}"),
                "Write an expression such as request.durationMinutes > 60 && !local.office.open.",
            )
        })?;
        let mut calendars = BTreeSet::new();
        walk(program.expression(), DEPTH, &mut calendars)?;
        Ok(Self { program, calendars })
    }

    /// The calendars whose local time it uses.
    pub(super) fn calendars(&self) -> impl Iterator<Item = &str> {
        self.calendars.iter().map(String::as_str)
    }

    /// Whether it holds.
    ///
    /// # Errors
    /// It failed, or answered neither true nor false; why.
    pub(super) fn holds(&self, variables: &Variables) -> Result<bool, String> {
        match self.program.execute(&variables.0) {
            Ok(Value::Bool(holds)) => Ok(holds),
            Ok(other) => Err(format!("it answers {}, not true or false", other.type_of())),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// What conditions are evaluated on; made once for all conditions of a judgement.
pub(super) struct Variables(Context<'static, 'static>);

impl Variables {
    pub(super) fn new(
        env: &Arc<Env>,
        facts: &Facts<'_>,
        calendars: &BTreeMap<String, Calendar>,
    ) -> Self {
        let ask = facts.ask;
        let text = |text: &str| Value::from(text);
        let optional = |text: Option<&str>| Value::from(text.unwrap_or_default());
        let list =
            |texts: &[String]| Value::from(texts.iter().map(String::as_str).collect::<Vec<&str>>());
        let request = HashMap::from([
            ("service", text(&ask.service)),
            ("reason", text(&ask.reason)),
            ("ticket", text(ask.ticket.trim())),
            ("durationMinutes", Value::Int(ask.duration_seconds / 60)),
            ("resources", list(&ask.resources)),
            ("dataCategories", list(&ask.data_categories)),
            ("accessLevel", text(ask.access_level.as_str())),
            ("operations", list(&ask.operations)),
            ("citizenship", optional(ask.citizenship.as_deref())),
            ("location", optional(facts.location)),
        ]);
        let local: HashMap<String, Value> = calendars
            .iter()
            .map(|(name, calendar)| (name.clone(), local_time(calendar, facts)))
            .collect();
        let mut context = Context::with_env(env.clone());
        context.add_variable_from_value("request", request);
        context
            .add_variable_from_value("tenant", HashMap::from([("tags", list(facts.tenant_tags))]));
        context.add_variable_from_value("local", local);
        Self(context)
    }
}

fn local_time(calendar: &Calendar, facts: &Facts<'_>) -> Value {
    let at: DateTime = calendar.zone().local(facts.arrived_at);
    let number = |number: i8| Value::Int(i64::from(number));
    Value::from(HashMap::from([
        ("open", Value::Bool(calendar.open_at(facts.arrived_at))),
        ("hour", number(at.hour())),
        ("minute", number(at.minute())),
        ("weekday", number(at.weekday().to_monday_one_offset())),
        ("date", Value::from(at.date().to_string())),
    ]))
}

/// Refuses every node that is not known to be cheap and to mean something.
fn walk(node: &IdedExpr, levels: usize, calendars: &mut BTreeSet<String>) -> Result<(), Fault> {
    let levels = levels.checked_sub(1).ok_or_else(too_deep)?;
    if let Some(path) = path(node, levels) {
        return check_path(&path, calendars);
    }
    match &node.expr {
        Expr::Literal(_) => Ok(()),
        Expr::List(list) => list
            .elements
            .iter()
            .try_for_each(|part| walk(part, levels, calendars)),
        Expr::Select(select) => walk(&select.operand, levels, calendars),
        Expr::Call(call) => {
            let name = call.func_name.as_str();
            if name == "matches" {
                let source = call.args.last().and_then(literal).ok_or_else(|| {
                    Fault::new(
                        "The pattern of matches is no literal.",
                        "Write the pattern itself, such as request.ticket.matches('^INC[0-9]+$').",
                    )
                })?;
                matching::pattern(source).map_err(|wrong| {
                    Fault::new(
                        format!("The pattern of matches cannot be used: {wrong}."),
                        "Write a regular expression without look-around and back references.",
                    )
                })?;
            } else if !FUNCTIONS.contains(&name)
                && !OPERATORS.contains(&name)
                && ![operators::INDEX, operators::IN].contains(&name)
            {
                return Err(unknown_function(name));
            }
            call.target
                .iter()
                .map(Box::as_ref)
                .chain(&call.args)
                .try_for_each(|part| walk(part, levels, calendars))
        }
        Expr::Comprehension(_) => Err(unknown_function("all, exists, map and filter")),
        Expr::Ident(_) | Expr::Map(_) | Expr::Struct(_) | Expr::Unspecified => Err(Fault::new(
            "The condition holds a map or a structure.",
            "Use text, numbers, lists and the members of request, tenant and local.",
        )),
    }
}

/// How deep brackets are nested at most.
fn nesting(source: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for letter in source.chars() {
        match letter {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

fn too_deep() -> Fault {
    Fault::new(
        "The condition is nested too deeply, or a chain in it is too long.",
        format!(
            "At most {BRACKETS} brackets in one another (also in texts), {CHOICES} '?', and \
             {DEPTH} operators in a row; use several rules."
        ),
    )
}

fn unknown_function(name: &str) -> Fault {
    Fault::new(
        format!("The condition uses {name}, which a policy may not."),
        format!(
            "Use the operators of CEL and {}, matches, has; for time local.<calendar>.hour and the like.",
            FUNCTIONS.join(", ")
        ),
    )
}

/// A variable with its members, as `local.office.open` or `local["office"].open`.
fn path(mut node: &IdedExpr, levels: usize) -> Option<Vec<&str>> {
    let mut path = Vec::new();
    for _ in 0..levels {
        let name;
        (node, name) = match &node.expr {
            Expr::Ident(name) => {
                path.push(name.as_str());
                path.reverse();
                return Some(path);
            }
            Expr::Select(select) => (select.operand.as_ref(), select.field.as_str()),
            Expr::Call(call) if call.func_name == operators::INDEX => match call.args.as_slice() {
                [inner, name] => (inner, literal(name)?),
                _ => return None,
            },
            _ => return None,
        };
        path.push(name);
    }
    None
}

fn literal(node: &IdedExpr) -> Option<&str> {
    match &node.expr {
        Expr::Literal(LiteralValue::String(text)) => Some(text.inner()),
        _ => None,
    }
}

fn check_path(path: &[&str], calendars: &mut BTreeSet<String>) -> Result<(), Fault> {
    let known: (&[&str], &str) = match path {
        ["request", name] if REQUEST.contains(name) => return Ok(()),
        ["tenant", name] if TENANT.contains(name) => return Ok(()),
        ["local", calendar, name] if LOCAL.contains(name) => {
            calendars.insert((*calendar).to_owned());
            return Ok(());
        }
        ["request", ..] => (&REQUEST, "request"),
        ["tenant", ..] => (&TENANT, "tenant"),
        ["local", ..] => (&LOCAL, "local.<calendar>"),
        _ => (&["request", "tenant", "local"], ""),
    };
    let (names, of) = known;
    let shown = path.join(".");
    let spelled: Vec<String> = names
        .iter()
        .map(|name| format!("{of}.{name}").trim_start_matches('.').to_owned())
        .collect();
    Err(Fault::new(
        format!("The condition uses '{shown}', which is not there."),
        format!("Use one of {}.", spelled.join(", ")),
    ))
}

#[cfg(test)]
#[path = "condition_tests.rs"]
mod tests;
