//! What a tenant's own text may hold: values, conditions and loops over the event's facts. Nothing
//! that makes text longer than what it was made of, so that every step is small; nothing that names
//! another text; and no name that the event has not.

use super::{EXPRESSION_TOKENS, MOST_TAGS};
use crate::error::near_words;
use minijinja::machinery::ast::{BinOpKind, CallArg, Expr, ForLoop, Stmt};
use minijinja::machinery::{Span, Token, parse, tokenize};
use minijinja::syntax::SyntaxConfig;
use serde_json::{Value as Json, json};

/// The filters that there are.
const FILTERS: [&str; 8] = [
    "time", "duration", "command", "join", "default", "length", "upper", "lower",
];

/// What a text may hold, for its author.
const MAY_HOLD: &str = "a text holds {{ values }}, {% if %}, {% for %} and comments only";

/// Looks at a part; gives back what stands in it outside of tags.
///
/// # Errors
/// What it may not hold, with its line.
pub(super) fn check(part: &'static str, source: &str, schema: &Json) -> Result<String, String> {
    small(part, source)?;
    let tree = parse(source, part, SyntaxConfig::default())
        .map_err(|error| super::problem(part, &error))?;
    let around = json!({"index": 1, "index0": 0, "first": true, "last": false, "length": 1});
    let mut walk = Walk {
        part,
        schema,
        around: &around,
        names: Vec::new(),
        raw: String::new(),
    };
    walk.statement(&tree)?;
    Ok(walk.raw)
}

/// Whether it is so small that it can be parsed: a parser goes as deep as a tag is long.
fn small(part: &str, source: &str) -> Result<(), String> {
    let (mut tags, mut tokens) = (0, 0);
    for token in tokenize(source, false, SyntaxConfig::default()) {
        let (token, span) = token.map_err(|error| super::problem(part, &error))?;
        match token {
            Token::VariableStart | Token::BlockStart => (tags, tokens) = (tags + 1, 0),
            Token::TemplateData(_) | Token::VariableEnd | Token::BlockEnd => {}
            _ => tokens += 1,
        }
        let line = span.start_line;
        if tags > MOST_TAGS {
            return Err(format!(
                "The {part}, line {line}: it has more than {MOST_TAGS} tags; make it simpler."
            ));
        }
        if tokens > EXPRESSION_TOKENS {
            return Err(format!(
                "The {part}, line {line}: this tag has more than {EXPRESSION_TOKENS} words and signs; make it simpler."
            ));
        }
    }
    Ok(())
}

/// What an expression gives: part of the facts, or a value that was made of them.
type Shape<'v> = Option<&'v Json>;

struct Walk<'a, 'v> {
    part: &'static str,
    schema: &'v Json,
    around: &'v Json,
    names: Vec<(&'a str, &'v Json)>,
    raw: String,
}

impl<'a, 'v> Walk<'a, 'v> {
    fn no<T>(&self, span: Span, said: &str) -> Result<T, String> {
        let (part, line) = (self.part, span.start_line);
        Err(format!("The {part}, line {line}: {said}."))
    }

    fn statements(&mut self, statements: &[Stmt<'a>]) -> Result<(), String> {
        statements.iter().try_for_each(|one| self.statement(one))
    }

    fn statement(&mut self, statement: &Stmt<'a>) -> Result<(), String> {
        match statement {
            Stmt::Template(template) => self.statements(&template.children),
            Stmt::EmitRaw(raw) => {
                self.raw.push_str(raw.raw);
                Ok(())
            }
            Stmt::EmitExpr(emit) => {
                let shape = self.expression(&emit.expr)?;
                self.text(shape, emit.span())
            }
            Stmt::IfCond(condition) => {
                self.expression(&condition.expr)?;
                self.statements(&condition.true_body)?;
                self.statements(&condition.false_body)
            }
            Stmt::ForLoop(each) => self.each(each, each.span()),
            other => {
                let (what, span) = name_of(other);
                self.no(span, &format!("'{what}' is not allowed; {MAY_HOLD}"))
            }
        }
    }

    fn each(&mut self, each: &ForLoop<'a>, span: Span) -> Result<(), String> {
        let Expr::Var(name) = &each.target else {
            return self.no(
                span,
                "a loop has one name, as in {% for detail in details %}",
            );
        };
        if each.recursive {
            return self.no(span, "'recursive' is not allowed");
        }
        let Some(Json::Array(items)) = self.expression(&each.iter)? else {
            return self.no(span, "a loop runs over a list, such as details");
        };
        let item = items.first().unwrap_or(&Json::Null);
        let outer = self.names.len();
        self.names.push((name.id, item));
        self.names.push(("loop", self.around));
        if let Some(filter) = &each.filter_expr {
            self.expression(filter)?;
        }
        self.statements(&each.body)?;
        self.names.truncate(outer);
        self.statements(&each.else_body)
    }

    /// Refuses what cannot be written.
    fn text(&self, shape: Shape<'v>, span: Span) -> Result<(), String> {
        match shape {
            Some(Json::Object(fields)) => {
                let known: Vec<&str> = fields.keys().map(String::as_str).collect();
                let known = known.join(", ");
                self.no(
                    span,
                    &format!("this is no text; write one of its fields: {known}"),
                )
            }
            Some(Json::Array(_)) => self.no(
                span,
                "this is a list; write it with {% for %}, or with join(\", \")",
            ),
            _ => Ok(()),
        }
    }

    fn expression(&mut self, expression: &Expr<'a>) -> Result<Shape<'v>, String> {
        let span = expression.span();
        match expression {
            Expr::Const(_) => Ok(None),
            Expr::Var(name) => {
                let own = self.names.iter().rev().find(|(known, _)| *known == name.id);
                match own {
                    Some((_, shape)) => Ok(Some(shape)),
                    None => self.field(self.schema, name.id, span),
                }
            }
            Expr::GetAttr(field) => match self.expression(&field.expr)? {
                Some(shape @ Json::Object(_)) => self.field(shape, field.name, span),
                _ => self.no(span, &format!("this has no fields, so no '{}'", field.name)),
            },
            Expr::UnaryOp(one) => self.expression(&one.expr).map(|_| None),
            Expr::BinOp(two) => {
                use BinOpKind as K;
                if !matches!(
                    two.op,
                    K::Eq | K::Ne | K::Lt | K::Lte | K::Gt | K::Gte | K::ScAnd | K::ScOr | K::In
                ) {
                    return self.no(
                        span,
                        "texts do not calculate; write values one after the other instead",
                    );
                }
                let left = self.expression(&two.left)?;
                let right = self.expression(&two.right)?;
                // `a or b` is one of both.
                Ok(left
                    .or(right)
                    .filter(|_| matches!(two.op, K::ScOr | K::ScAnd)))
            }
            Expr::Compare(compare) => {
                self.expression(&compare.expr)?;
                for op in &compare.ops {
                    self.expression(&op.expr)?;
                }
                Ok(None)
            }
            Expr::IfExpr(either) => {
                self.expression(&either.test_expr)?;
                let one = self.expression(&either.true_expr)?;
                let other = either.false_expr.as_ref();
                let other = other.map(|expr| self.expression(expr)).transpose()?;
                Ok(one.or(other.flatten()))
            }
            Expr::Filter(filter) => {
                let Some(value) = &filter.expr else {
                    return self.no(span, &format!("a filter without a value; {MAY_HOLD}"));
                };
                if !FILTERS.contains(&filter.name) {
                    let near = near_words(filter.name, &FILTERS);
                    let known = if near.is_empty() {
                        FILTERS.to_vec()
                    } else {
                        near
                    };
                    let known = known.join(", ");
                    let said = format!("there is no filter '{}'; there are: {known}", filter.name);
                    return self.no(span, &said);
                }
                for argument in &filter.args {
                    let CallArg::Pos(Expr::Const(_)) = argument else {
                        return self.no(
                            span,
                            "what a filter is given stands in quotes, as in join(\", \")",
                        );
                    };
                }
                let shape = self.expression(value)?;
                if !matches!(filter.name, "join" | "length" | "default") {
                    self.text(shape, span)?;
                }
                match (filter.name, shape) {
                    ("join", Some(Json::Array(items))) => {
                        self.text(items.first(), span).map(|()| None)
                    }
                    ("join", _) => self.no(span, "join is for lists"),
                    ("default", shape) => Ok(shape),
                    ("command", _) if !decides(&filter.args) => self.no(
                        span,
                        "a command decides: command(\"Approve\"), \"Deny\" or \"Cancel\"",
                    ),
                    _ => Ok(None),
                }
            }
            _ => self.no(span, &format!("this is not allowed; {MAY_HOLD}")),
        }
    }

    fn field(&self, of: &'v Json, name: &str, span: Span) -> Result<Shape<'v>, String> {
        if let Some(shape) = of.get(name) {
            return Ok(Some(shape));
        }
        let fields = of.as_object().into_iter().flatten();
        let known: Vec<&str> = fields.map(|(name, _)| name.as_str()).collect();
        let near = near_words(name, &known);
        let known = if near.is_empty() { known } else { near };
        let known = known.join(", ");
        self.no(
            span,
            &format!("this event has no '{name}'; there are: {known}"),
        )
    }
}

fn decides(arguments: &[CallArg]) -> bool {
    matches!(arguments, [CallArg::Pos(Expr::Const(decision))]
        if matches!(decision.value.as_str(), Some("Approve" | "Deny" | "Cancel")))
}

/// What a statement is called in a text.
fn name_of(statement: &Stmt) -> (&'static str, Span) {
    match statement {
        Stmt::WithBlock(one) => ("with", one.span()),
        Stmt::Set(one) => ("set", one.span()),
        Stmt::SetBlock(one) => ("set", one.span()),
        Stmt::AutoEscape(one) => ("autoescape", one.span()),
        Stmt::FilterBlock(one) => ("filter", one.span()),
        Stmt::Block(one) => ("block", one.span()),
        Stmt::Import(one) => ("import", one.span()),
        Stmt::FromImport(one) => ("from", one.span()),
        Stmt::Extends(one) => ("extends", one.span()),
        Stmt::Include(one) => ("include", one.span()),
        Stmt::Macro(one) => ("macro", one.span()),
        Stmt::CallBlock(one) => ("call", one.span()),
        Stmt::Do(one) => ("do", one.span()),
        Stmt::Template(one) => ("template", one.span()),
        Stmt::EmitExpr(one) => ("value", one.span()),
        Stmt::EmitRaw(one) => ("text", one.span()),
        Stmt::ForLoop(one) => ("for", one.span()),
        Stmt::IfCond(one) => ("if", one.span()),
    }
}
