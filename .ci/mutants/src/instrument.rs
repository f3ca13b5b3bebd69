//! Writes mutants into the source, each behind a check that it is the chosen one.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap, HashSet},
    ops::Range,
};

use syn::{
    Arm, Expr, ExprBinary, ExprMatch, ExprStruct, ExprUnary, Pat,
    spanned::Spanned as _,
    visit::{self, Visit},
};

use crate::{
    Result,
    list::{Genre, Mutant},
};

/// The text of a file with mutants, and the mutants that it does not contain.
pub struct Instrumented {
    pub text: String,
    /// The mutants that the language does not allow.
    pub unviable: HashSet<usize>,
    /// The mutants that cannot be chosen at run time.
    pub left: HashSet<usize>,
}

/// The source of the module that checks whether a mutant is chosen, and records which mutants were
/// reached.
pub const SWITCH: &str = r#"
pub(crate) mod mutant {
    use std::{env, fs::OpenOptions, io::Write as _, sync::{LazyLock, atomic::{AtomicBool, Ordering}}};

    static CHOSEN: LazyLock<Option<usize>> =
        LazyLock::new(|| env::var("MUTANT").ok().and_then(|number| number.parse().ok()));
    static REACHED: LazyLock<Option<String>> = LazyLock::new(|| env::var("MUTANTS_REACHED").ok());
    static SEEN: [AtomicBool; 20_000] = [const { AtomicBool::new(false) }; 20_000];

    pub(crate) fn is(number: usize) -> bool {
        if let Some(file) = &*REACHED && !SEEN[number].swap(true, Ordering::Relaxed) {
            let file = OpenOptions::new().create(true).append(true).open(file);
            let _ = file.and_then(|mut file| file.write_all(format!("{number}\n").as_bytes()));
        }
        *CHOSEN == Some(number)
    }
}
"#;

/// Text to insert before and after a place in the source.
struct Edit {
    range: Range<usize>,
    before: String,
    after: String,
}

/// Writes mutants into the text of a file.
pub fn instrument(text: &str, mutants: &BTreeMap<usize, &Mutant>) -> Result<Instrumented> {
    let syntax = syn::parse_file(text)?;
    let mut places = Places::default();
    places.visit_file(&syntax);
    let mut at = BTreeMap::<(usize, usize), Vec<(usize, &Mutant)>>::new();
    for (&number, &mutant) in mutants {
        let range = mutant.range(text);
        at.entry((range.start, mutant.genre as usize)).or_default().push((number, mutant));
    }
    let mut edits = Vec::new();
    let (mut unviable, mut left) = (HashSet::new(), HashSet::new());
    for ((start, _), group) in at {
        let numbers = group.iter().map(|(number, _)| *number);
        if places.let_chains.contains(&start) {
            unviable.extend(numbers);
        } else if let Some(more) = places.edits(text, start, &group) {
            edits.extend(more);
        } else {
            left.extend(numbers);
        }
    }
    // Sort outer edits first. At the same place, an insertion comes before an edit that has a
    // range.
    edits.sort_by_key(|edit| {
        let is_insertion = edit.range.is_empty();
        (edit.range.start, !is_insertion, Reverse(edit.range.end))
    });
    let mut written = String::new();
    let mut edits = edits.as_slice();
    write(text, 0..text.len(), &mut edits, &mut written);
    Ok(Instrumented { text: written, unviable, left })
}

fn write(text: &str, range: Range<usize>, edits: &mut &[Edit], to: &mut String) {
    let mut position = range.start;
    while let Some((edit, rest)) = edits.split_first() {
        if edit.range.start >= range.end
            && !(edit.range.is_empty() && edit.range.start == range.end)
            || edit.range.end > range.end
        {
            break;
        }
        *edits = rest;
        to.push_str(&text[position..edit.range.start]);
        to.push_str(&edit.before);
        write(text, edit.range.clone(), edits, to);
        to.push_str(&edit.after);
        position = edit.range.end;
    }
    to.push_str(&text[position..range.end]);
}

/// Puts `code` on separate lines, so that a compiler error can be traced to the mutant.
fn marked(number: usize, code: &str) -> String {
    format!("\n/*<{number}*/{code}/*{number}>*/\n")
}

/// Returns the lines of each mutant in a file that [`instrument`] wrote, counted from 1.
pub fn lines(written: &str) -> HashMap<usize, Range<usize>> {
    let begin = regex_lite::Regex::new(r"/\*<(\d+)\*/").expect("a pattern");
    let end = regex_lite::Regex::new(r"/\*(\d+)>\*/").expect("a pattern");
    let mut lines = HashMap::<usize, Range<usize>>::new();
    for (index, line) in written.lines().enumerate() {
        for found in begin.captures_iter(line) {
            lines.entry(found[1].parse().expect("digits")).or_insert(index + 1..index + 2);
        }
        for found in end.captures_iter(line) {
            let number = found[1].parse().expect("digits");
            lines.entry(number).and_modify(|lines| lines.end = index + 2);
        }
    }
    lines
}

/// The expressions in a file, by the position at which cargo-mutants finds them.
#[derive(Default)]
struct Places {
    /// The left operand, the operator and the right operand.
    binary: HashMap<usize, [Range<usize>; 3]>,
    /// The operators between `let` conditions, where only `&&` is allowed.
    let_chains: HashSet<usize>,
    /// The whole expression, and its operand.
    unary: HashMap<usize, [Range<usize>; 2]>,
    guards: HashMap<usize, Range<usize>>,
    /// The pattern and the guard of each arm.
    arms: HashMap<usize, (Range<usize>, Option<Range<usize>>)>,
    fields: HashMap<usize, Field>,
}

/// A field in a struct expression whose other fields are taken from another value (`..others`).
struct Field {
    name: String,
    value: Range<usize>,
    /// Whether the field is written in shorthand, as in `Struct { name, .. }`.
    is_short: bool,
    others: Range<usize>,
}

impl Places {
    fn edits(&self, text: &str, start: usize, group: &[(usize, &Mutant)]) -> Option<Vec<Edit>> {
        let choose = |range: Range<usize>, mutated: &dyn Fn(&Mutant) -> String| {
            let mut before = "(".to_owned();
            for (number, mutant) in group {
                let branch = format!("if crate::mutant::is({number}) {{ {} }}", mutated(mutant));
                before += &marked(*number, &branch);
                before += " else ";
            }
            vec![Edit { range, before: before + "{ ", after: " })".to_owned() }]
        };
        let (first, mutant) = group.first()?;
        Some(match mutant.genre {
            Genre::FnValue => {
                let mut before = String::new();
                for (number, mutant) in group {
                    let value = &mutant.replacement;
                    let code = format!("if crate::mutant::is({number}) {{ return {value}; }}");
                    before += &marked(*number, &code);
                }
                vec![Edit { range: start..start, before, after: String::new() }]
            }
            Genre::BinaryOperator => {
                let [left, _, right] = self.binary.get(&start)?;
                choose(left.start..right.end, &|mutant| {
                    format!(
                        "{} {} {}",
                        &text[left.clone()],
                        mutant.replacement,
                        &text[right.clone()]
                    )
                })
            }
            Genre::UnaryOperator => {
                let [whole, operand] = self.unary.get(&start)?;
                choose(whole.clone(), &|_| text[operand.clone()].to_owned())
            }
            Genre::MatchArmGuard => {
                let range = self.guards.get(&start)?.clone();
                let mut before = "(".to_owned();
                // The mutant with `true` must come first, because `||` binds less tightly than
                // `&&`.
                let mut group = group.to_vec();
                group.sort_by_key(|(_, mutant)| mutant.replacement != "true");
                for (number, mutant) in group {
                    let code = match mutant.replacement.as_str() {
                        "true" => format!("crate::mutant::is({number}) || "),
                        _ => format!("!crate::mutant::is({number}) && "),
                    };
                    before += &marked(number, &code);
                }
                vec![Edit { range, before: before + "(", after: "))".to_owned() }]
            }
            Genre::MatchArm => {
                let (pattern, guard) = self.arms.get(&start)?;
                let code = format!("!crate::mutant::is({first})");
                let (at, before) = match guard {
                    Some(guard) => (guard.start, marked(*first, &code) + " && "),
                    None => (pattern.end, marked(*first, &format!(" if {code}"))),
                };
                vec![Edit { range: at..at, before, after: String::new() }]
            }
            Genre::StructField => {
                let Field { name, value, is_short, others } = self.fields.get(&start)?;
                let mutated = format!("({}).{name}", &text[others.clone()]);
                let mut edits = choose(value.clone(), &|_| mutated.clone());
                if *is_short {
                    edits[0].before.insert_str(0, &format!("{name}: "));
                }
                edits
            }
        })
    }
}

/// Whether a condition contains `let`, in which case it cannot be part of another expression.
fn has_let(expr: &Expr) -> bool {
    match expr {
        Expr::Let(_) => true,
        Expr::Binary(binary) => has_let(&binary.left) || has_let(&binary.right),
        Expr::Paren(paren) => has_let(&paren.expr),
        _ => false,
    }
}

impl<'ast> Visit<'ast> for Places {
    fn visit_expr_binary(&mut self, expr: &'ast ExprBinary) {
        let op = expr.op.span().byte_range();
        if has_let(&expr.left) || has_let(&expr.right) {
            self.let_chains.insert(op.start);
        } else {
            let parts = [expr.left.span().byte_range(), op.clone(), expr.right.span().byte_range()];
            self.binary.insert(op.start, parts);
        }
        visit::visit_expr_binary(self, expr);
    }

    fn visit_expr_unary(&mut self, expr: &'ast ExprUnary) {
        let whole = expr.span().byte_range();
        self.unary.insert(whole.start, [whole, expr.expr.span().byte_range()]);
        visit::visit_expr_unary(self, expr);
    }

    fn visit_expr_match(&mut self, expr: &'ast ExprMatch) {
        // An arm with a condition does not count as covering anything, so a different arm must
        // cover its values.
        let covers_all = |arm: &Arm| arm.guard.is_none() && matches!(arm.pat, Pat::Wild(_));
        let is_covered = expr.arms.iter().any(covers_all);
        for arm in &expr.arms {
            let guard = arm.guard.as_ref().map(|(_, guard)| guard);
            if guard.is_some_and(|guard| has_let(guard)) {
                continue;
            }
            let guard = guard.map(|guard| guard.span().byte_range());
            if let Some(guard) = &guard {
                self.guards.insert(guard.start, guard.clone());
            }
            if is_covered {
                let place = (arm.pat.span().byte_range(), guard);
                self.arms.insert(arm.span().byte_range().start, place);
            }
        }
        visit::visit_expr_match(self, expr);
    }

    fn visit_expr_struct(&mut self, expr: &'ast ExprStruct) {
        if let Some(rest) = &expr.rest {
            for field in &expr.fields {
                let name = match &field.member {
                    syn::Member::Named(name) => name.to_string(),
                    syn::Member::Unnamed(index) => index.index.to_string(),
                };
                let field_place = Field {
                    name,
                    value: field.expr.span().byte_range(),
                    is_short: field.colon_token.is_none(),
                    others: rest.span().byte_range(),
                };
                self.fields.insert(field.span().byte_range().start, field_place);
            }
        }
        visit::visit_expr_struct(self, expr);
    }
}
