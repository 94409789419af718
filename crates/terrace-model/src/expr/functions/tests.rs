//! Tests of the table: every example gives what it says, and what the bounds and marks promise.

use super::{Function, GROUPS, Run};
use crate::address::StackName;
use crate::expr::{EvalError, Root, Scope, Template};
use crate::map::Map;
use crate::source::{FileId, Span};
use crate::value::{Origin, Pending, Value};

struct Files(StackName);

impl Scope for Files {
    fn stack(&self) -> &StackName {
        &self.0
    }

    fn value(&self, root: &Root) -> Result<Value, EvalError> {
        match root.to_string().as_str() {
            "vars.secret" => Ok(Value::text("hush").into_sensitive()),
            "vars.big" => Ok(Value::text("x".repeat(1 << 20))),
            "networks.front.id" => Ok(Value::Pending(Box::new(Pending {
                origins: vec![Origin {
                    address: "web/networks.front".parse().expect("an address"),
                    attribute: "id".into(),
                }],
                template: "${networks.front.id}".into(),
                stack: self.0.clone(),
                bindings: Map::new(),
            }))),
            other => Err(EvalError::new(format!("no `{other}`"))),
        }
    }

    fn file(&self, path: &str) -> Option<&str> {
        Some(match path {
            "motd.txt" => "Welcome\n",
            "hello.txt" => "Hello ${name}!\n",
            "outer.txt" => "<${template(\"hello.txt\", {\"name\": upper(who)})}>",
            "self.txt" => "${template(\"self.txt\", {})}",
            "a.txt" => "${template(\"b.txt\", {})}",
            "b.txt" => "${template(\"a.txt\", {})}",
            "shell.txt" => "#!/bin/sh\necho $${HOME} $1 ${ports.map(p, string(p)).join(\" \")}\n",
            "wrong.txt" => "one\ntwo ${1 +}\n",
            "late.txt" => "one\n${text}\n${text + 1}\n",
            _ => return None,
        })
    }
}

fn evaluate(expression: &str) -> Result<Value, EvalError> {
    let text = format!("${{{expression}}}");
    let span = Span::new(FileId(0), 0, text.len());
    let template = Template::parse(&text, span).map_err(|d| EvalError::new(d.message))?;
    template.evaluate(&Files(StackName::new("web").expect("a name")))
}

fn outcome(expression: &str) -> String {
    match evaluate(expression) {
        Ok(value) => value.to_json().to_string(),
        Err(error) => format!("error: {error}"),
    }
}

fn all() -> impl Iterator<Item = &'static Function> {
    GROUPS.iter().flat_map(|group| group.functions)
}

#[test]
fn every_example_gives_what_it_says() {
    for function in all() {
        assert!(function.example.contains(function.name), "{}", function.name);
        assert!(function.signature.contains(&format!("{}(", function.name)), "{}", function.name);
        assert!(function.doc.ends_with('.'), "{}", function.name);
        assert_eq!(outcome(function.example), function.result, "{}", function.example);
    }
}

#[test]
fn names_are_unique() {
    let names = super::names();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
}

/// Calls of a function with the same expression for every argument it needs.
fn called_with(function: &Function, argument: &str) -> Option<String> {
    if matches!(function.run, Run::Cel) {
        return None;
    }
    let path = function.reads().map(|_| "\"hello.txt\"".to_owned());
    let (least, _) = function.arity();
    let rest = (path.iter().len()..least).map(|_| argument.to_owned());
    let arguments: Vec<String> = path.into_iter().chain(rest).collect();
    Some(format!("{}({})", function.name, arguments.join(", ")))
}

#[test]
fn what_waits_makes_every_result_wait() {
    for function in all().filter(|f| f.name != "file") {
        let Some(call) = called_with(function, "networks.front.id") else { continue };
        assert!(evaluate(&call).expect(&call).is_pending(), "{call}");
    }
}

#[test]
fn what_is_secret_stays_secret_even_in_complaints() {
    for function in all().filter(|f| f.name != "file") {
        let Some(call) = called_with(function, "vars.secret") else { continue };
        match evaluate(&call) {
            Ok(value) => assert!(value.is_sensitive(), "{call}"),
            Err(error) => assert!(!error.to_string().contains("hush"), "{call}: {error}"),
        }
    }
}

#[test]
fn results_are_bounded() {
    for (expression, complaint) in [
        ("vars.big.replace('x', 'xxxxxxxxxxxxxxxxxxxx')", "larger than 16 MiB"),
        ("vars.big.repeat(17)", "larger than 16 MiB"),
        ("vars.big.repeat(9000000000000000000)", "larger than 16 MiB"),
        ("vars.big.replace('x', '\\n').indent(100)", "larger than 16 MiB"),
        ("vars.big.replace('x', 'xx').split('x')", "larger than 16 MiB"),
        ("vars.big.regex_all('()()()()()()(x)')", "larger than 16 MiB"),
        ("vars.big.regex_replace('x+', repeat('$0', 20))", "larger than 16 MiB"),
        ("range(20).map(n, vars.big).join('')", "larger than 16 MiB"),
        ("format('%s%s', vars.big.repeat(15), vars.big.repeat(2))", "larger than 16 MiB"),
        ("format('%5000s', 'x')", "at most 1024"),
        ("range(100001)", "more than 100000 numbers"),
        ("range(-9223372036854775807, 9223372036854775807)", "more than 100000 numbers"),
        ("product(range(1000), range(1000))", "more than 100000 combinations"),
        ("matches('x', '(((a{100}){100}){100})')", "too much memory"),
        ("matches('x', vars.big)", "longer than 4096 bytes"),
        ("json_decode('['.repeat(100))", "nested more than 64 deep"),
        ("yaml_decode('['.repeat(100))", "nested more than 64 deep"),
        (
            "yaml_decode('a: &a [x,x,x,x,x,x,x,x,x]\\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\\n')",
            "not YAML",
        ),
    ] {
        let found = outcome(expression);
        let short = &found[..found.len().min(200)];
        assert!(found.contains(complaint), "{expression}: {short}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn corners() {
    for (expression, expected) in [
        (
            "format('%5.1f|%-4s|%+d|%04d|%x|%q|%%', 2.25, 'a', 3, -7, 255, ['b'])",
            r#""  2.2|a   |+3|-007|ff|[\"b\"]|%""#,
        ),
        ("format('%s')", "error: `format`: there are more verbs than values"),
        ("format('%d', 'x')", "error: `format`: `%d` takes a whole number"),
        ("format('a', 1)", "error: `format`: there are more values than verbs"),
        (
            "format('%y', 1)",
            "error: `format`: there is no verb `%y`; a percent sign is written `%%`",
        ),
        ("regex('db:5432', '(?P<host>[a-z]+):(?P<port>[0-9]+)')", r#"{"host":"db","port":"5432"}"#),
        ("regex('x', 'y')", "null"),
        ("'web-12'.regex('[0-9]+')", r#""12""#),
        ("regex('x', '[0-9]+') == null ? 'none' : 'some'", r#""none""#),
        ("matches('x', '(')", "error: `matches`: the pattern is not valid: unclosed group"),
        ("regex_replace('ab', '(a)(b)', '$2$1')", r#""ba""#),
        ("range(1, 10, 4)", "[1,5,9]"),
        ("range(3, 0, -1)", "[3,2,1]"),
        ("range(0)", "[]"),
        ("range(1, 2, 0)", "error: `range`: the step must not be 0"),
        ("slice([1, 2, 3], 1)", "[2,3]"),
        ("slice([1], 1, 5)", "error: `slice`: 1 to 5 is not inside of 0 to 1"),
        ("sort([3, 1.5, 2])", "[1.5,2,3]"),
        ("sort([1, 'a'])", "error: `sort`: the items are not all numbers, or all texts"),
        ("sort([])", "[]"),
        ("max()", "error: `max` takes at least 1 argument, 0 given"),
        ("max([])", "error: `max`: the list is empty"),
        ("contains('abc', 'b') && contains({'k': 1}, 'k') && 'abc'.contains('c')", "true"),
        ("'b' in ['a', 'b']", "true"),
        ("zip([1], [1, 2])", "error: `zip`: the lists have 1 and 2 items"),
        ("zipmap(['a', 'a'], [1, 2])", "error: `zipmap`: the key `a` occurs twice"),
        ("default(null, 1)", "1"),
        ("default([1][3], 2)", "2"),
        ("default({'a': 1}.?b, 3)", "3"),
        ("default(1 / 0, 3)", "error: division by zero"),
        ("try(1 / 0, {}.x, 'last')", r#""last""#),
        ("try(1 / 0)", "error: division by zero"),
        ("[1, 0].map(n, try(1 / n, -1))", "[1,-1]"),
        ("{'a': {'b': 2}}.a.default(0).b", "2"),
        ("{'a': 1}.?b", "null"),
        ("coalesce([null, 2])", "2"),
        ("coalesce(null)", "error: `coalesce`: all of the values are null"),
        ("cidr_subnet('2001:db8::/32', 32, 4294967295)", r#""2001:db8:ffff:ffff::/64""#),
        ("cidr_subnet('10.0.0.0/8', 0, 0)", r#""10.0.0.0/8""#),
        ("cidr_subnet('0.0.0.0/0', 0, 0)", r#""0.0.0.0/0""#),
        ("cidr_subnet('::/0', 0, 0)", r#""::/0""#),
        ("cidr_subnet('::/0', 128, 9223372036854775807)", r#""::7fff:ffff:ffff:ffff/128""#),
        (
            "cidr_subnet('10.0.0.0/16', 17, 0)",
            "error: `cidr_subnet`: 10.0.0.0/16 can be lengthened by 0 to 16 bits",
        ),
        ("cidr_subnet('10.0.0.0/16', 8, 256)", "error: `cidr_subnet`: 8 bits have no number 256"),
        (
            "cidr_subnet('10.0.0.0/16', -1, 0)",
            "error: `cidr_subnet`: 10.0.0.0/16 can be lengthened by 0 to 16 bits",
        ),
        ("cidr_host('10.0.0.0/24', -1)", r#""10.0.0.255""#),
        (
            "cidr_host('10.0.0.0/24', 256)",
            "error: `cidr_host`: 10.0.0.0/24 has no address number 256",
        ),
        ("cidr_host('2001:db8::/64', -2)", r#""2001:db8::ffff:ffff:ffff:fffe""#),
        ("cidr_host('255.255.255.255/32', -1)", r#""255.255.255.255""#),
        (
            "cidr_host('10.0.0.0', 1)",
            "error: `cidr_host`: the first argument must be a network such as 10.0.0.0/24, not the text `10.0.0.0`",
        ),
        ("cidr_netmask('2001:db8::/48')", r#""ffff:ffff:ffff::""#),
        ("cidr_contains('2001:db8::/32', '2001:db8:1::/48')", "true"),
        ("cidr_contains('10.0.0.0/8', '2001:db8::1')", "false"),
        ("cidr_contains('10.0.0.0/24', '10.0.0.0/8')", "false"),
        ("base64_decode('!')", "error: `base64_decode`: this is not base64"),
        (
            "json_decode('{\"a\": 1, \"a\": 2}')",
            "error: `json_decode`: the text is not JSON: the key `a` occurs twice at line 1 column 12",
        ),
        (
            "json_decode('1 2')",
            "error: `json_decode`: the text is not JSON: trailing characters at line 1 column 3",
        ),
        (
            "yaml_decode('1: a')",
            "error: `yaml_decode`: the text is not YAML: a key must be text, not the number 1",
        ),
        (
            "yaml_decode(yaml_encode(['no', '1:30', '0o17', 'null', '', '~', '1e3', 'ä']))",
            r#"["no","1:30","0o17","null","","~","1e3","ä"]"#,
        ),
        (
            "to_int('x')",
            "error: `to_int`: the argument must be a whole number, or text of one, not the text `x`",
        ),
        (
            "to_int(2.5)",
            "error: `to_int`: the argument must be a whole number, or text of one, not the number 2.5",
        ),
        ("abs(-9223372036854775807 - 1)", "error: `abs`: the result is too large for a number"),
        ("template('outer.txt', {'who': 'web'})", r#""<Hello WEB!\n>""#),
        (
            "template('shell.txt', {'ports': [80, 443]})",
            r##""#!/bin/sh\necho ${HOME} $1 80 443\n""##,
        ),
        (
            "template('hello.txt', {'nam': 'web'})",
            "error: `template`: `hello.txt` line 1 names `name`; did you mean `nam`?",
        ),
        (
            "template('hello.txt', {})",
            "error: `template`: `hello.txt` line 1 names `name`; the map is empty",
        ),
        (
            "template('late.txt', {'text': 'a'})",
            "error: `template`: `late.txt` line 3: `+` does not work on text and a whole number",
        ),
        ("template('self.txt', {})", "error: the template `self.txt` includes itself"),
        ("template('a.txt', {})", "error: the template `a.txt` includes itself"),
        (
            "template('wrong.txt', {})",
            "error: in `wrong.txt`: the expression ends too early (column 4 of the expression)",
        ),
        ("template('nowhere.txt', {})", "error: the file `nowhere.txt` was not read"),
        ("'hello.txt'.template({'name': 'x'})", r#""Hello x!\n""#),
    ] {
        assert_eq!(outcome(expression), expected, "{expression}");
    }
}

#[test]
fn pending_templates_keep_every_file_they_need() {
    let value = evaluate("template('outer.txt', {'who': networks.front.id})").expect("a value");
    let Value::Pending(pending) = &value else { panic!("{value:?} is known") };
    let kept: Vec<&str> = pending.bindings.keys().collect();
    assert_eq!(kept, ["file(\"hello.txt\")", "file(\"outer.txt\")"]);
    let resolved = value.resolve(&|_| Ok(Value::text("net"))).expect("resolved");
    assert_eq!(resolved, Value::text("<Hello NET!\n>"));
}
