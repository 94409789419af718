//! Tests of expressions: text in, value, pending value or complaint out.

use super::*;
use crate::address::StackName;
use crate::source::{FileId, Span};
use crate::value::{Origin, Pending};

struct Fixed {
    stack: StackName,
}

fn fixed() -> Fixed {
    Fixed { stack: StackName::new("web").expect("a name") }
}

fn map<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Map(entries.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())
}

fn waiting(address: &str, attribute: &str) -> Value {
    let origin =
        Origin { address: address.parse().expect("an address"), attribute: attribute.into() };
    Value::Pending(Box::new(Pending {
        origins: vec![origin],
        template: "unused".into(),
        stack: fixed().stack,
        bindings: Map::new(),
    }))
}

impl Scope for Fixed {
    fn stack(&self) -> &StackName {
        &self.stack
    }

    fn value(&self, root: &Root) -> Result<Value, EvalError> {
        Ok(match root.to_string().as_str() {
            "vars.n" => Value::Int(3),
            "vars.half" => Value::Float(0.5),
            "vars.yes" => Value::Bool(true),
            "vars.name" => Value::text("Web"),
            "vars.secret" => Value::text("hush").into_sensitive(),
            "vars.none" => Value::Null,
            "vars.list" => Value::texts(["a", "b"]),
            "vars.map" => map([("z", Value::Int(1)), ("b", Value::Int(2)), ("a", Value::Int(3))]),
            "locals.id" => waiting("web/networks.front", "id"),
            "locals.mixed" => {
                map([("id", waiting("web/networks.front", "id")), ("x", Value::Int(1))])
            }
            "env.name" => Value::text("prod"),
            "count.index" => Value::Int(7),
            "each.value" => map([("port", Value::Int(80))]),
            "networks.front.id" => waiting("web/networks.front", "id"),
            "networks.front" => {
                map([("mtu", Value::Int(1500)), ("id", waiting("web/networks.front", "id"))])
            }
            "networks.back.id" => waiting("web/networks.back[1]", "id"),
            "networks.back.mtu" => Value::Int(9000),
            "servers.web" => Value::List(vec![
                map([("id", Value::text("s0"))]),
                map([("id", Value::text("s1"))]),
            ]),
            "servers[\"my-app\"].id" => Value::text("mine"),
            other => return Err(EvalError::new(format!("no `{other}`"))),
        })
    }

    fn file(&self, path: &str) -> Option<&str> {
        (path == "keys/a.pub").then_some("ssh-rsa AAAA\n")
    }
}

fn at(text: &str) -> Span {
    Span::new(FileId(0), 100, 100 + text.len())
}

/// The value as text; complaints with the part of the text they point at.
fn outcome(text: &str) -> String {
    let pointed = |span: Option<Span>| {
        span.map_or("nowhere", |s| &text[s.start as usize - 100..s.end as usize - 100]).to_owned()
    };
    let template = match Template::parse(text, at(text)) {
        Ok(template) => template,
        Err(d) => {
            let help = d.help.map(|h| format!(" ({h})")).unwrap_or_default();
            return format!(
                "{} at <{}>: {}{help}",
                d.code,
                pointed(d.primary.map(|l| l.span)),
                d.message
            );
        }
    };
    match template.evaluate(&fixed()) {
        Ok(Value::Sensitive(inner)) => format!("sensitive {inner}"),
        Ok(Value::Pending(p)) => format!("pending on {} with {:?}", p.origins.len(), p.bindings),
        Ok(value) => value.to_string(),
        Err(error) => format!("error at <{}>: {error}", pointed(error.span)),
    }
}

#[test]
fn values() {
    for (text, expected) in [
        ("plain", r#""plain""#),
        ("$${x}", r#""${x}""#),
        ("${vars.n}", "3"),
        ("${vars.n + 1}", "4"),
        ("${vars.half * 2.0}", "1.0"),
        ("${vars.yes && vars.n > 2}", "true"),
        ("${vars.none}", "null"),
        ("${vars.list}", r#"["a", "b"]"#),
        ("${vars['n']}", "3"),
        ("${4u}", "4"),
        ("${vars.name}-${vars.n}-${vars.half}-${vars.yes}", r#""Web-3-0.5-true""#),
        ("${env.name}-web-${count.index}", r#""prod-web-7""#),
        ("${each.value.port}", "80"),
        ("${has(each.value.port)} ${has(each.value.nothing)}", r#""true false""#),
        ("${vars.map.map(k, k)}", r#"["a", "b", "z"]"#),
        ("${vars.map.map(vars, vars + '!')}", r#"["a!", "b!", "z!"]"#),
        ("${vars.map.filter(k, vars.map[k] > 1)}", r#"["a", "b"]"#),
        ("${{'b': 1, 'a': [vars.n]}}", r#"{"a": [3], "b": 1}"#),
        ("${servers.web.map(s, s.id)}", r#"["s0", "s1"]"#),
        ("${servers.web[vars.n - 2].id}", r#""s1""#),
        ("${servers['my-app'].id}", r#""mine""#),
        ("${networks.back.mtu}", "9000"),
        ("${vars.list.map(x, x.upper()).join('+')}", r#""A+B""#),
        ("${lower(vars.name)} ${upper('ä')} ${trim(' x ')}", r#""web Ä x""#),
        ("${join([1, 'b', true], ',')}", r#""1,b,true""#),
        ("${split('a,b', ',')}", r#"["a", "b"]"#),
        ("${replace('aXbX', 'X', '')}", r#""ab""#),
        ("${sha256('')}", r#""e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855""#),
        ("${base64_encode('ä')} ${base64_decode('w6Q=')}", r#""w6Q= ä""#),
        ("${file('keys/a.pub').trim()}", r#""ssh-rsa AAAA""#),
        ("${type(vars.n) == int}", "true"),
        ("${'}'}", r#""}""#),
        ("${vars.secret}", "sensitive (sensitive)"),
        ("x${vars.secret}", "sensitive \"xhush\""),
        ("${vars.secret == 'hush'}", "sensitive true"),
    ] {
        let expected =
            if expected == "sensitive (sensitive)" { "sensitive \"hush\"" } else { expected };
        assert_eq!(outcome(text), expected, "{text}");
    }
}

#[test]
fn what_is_only_read_is_as_what_is_computed() {
    let read = ["vars.map.a", "vars.map", "vars.half", "vars.none", "each.value.port", "vars.list"];
    let missing = ["vars.map.nope", "vars.map.a.b", "each.value.port.x", "vars.none.x"];
    let said = |text: String| {
        let value = Template::parse(&text, at(&text)).expect("an expression").evaluate(&fixed());
        value.map_err(|error| (error.message, error.help))
    };
    for name in read.into_iter().chain(missing) {
        // The interpreter does what is more than reading.
        let computed = said(format!("${{true ? {name} : null}}"));
        assert_eq!(said(format!("${{{name}}}")), computed, "{name}");
        assert_eq!(computed.is_ok(), read.contains(&name), "{name}");
        let computed = said(format!("a-${{true ? {name} : null}}-${{vars.n + 0}}"));
        assert_eq!(said(format!("a-${{{name}}}-${{vars.n}}")), computed, "{name}");
    }
}

#[test]
fn pending_values_keep_what_they_need() {
    for (text, expected) in [
        ("${networks.front.id}", "pending on 1 with {}"),
        (
            "${networks.front.id}-${vars.n}-${count.index}",
            r#"pending on 1 with {"count.index": 7, "vars.n": 3}"#,
        ),
        ("${[networks.front.id, networks.back.id]}", "pending on 2 with {}"),
        (
            "${locals.id}${vars.n}",
            r#"pending on 1 with {"locals.id": (known after apply), "vars.n": 3}"#,
        ),
        (
            "${file('keys/a.pub') + networks.front.id}",
            r#"pending on 1 with {"file(\"keys/a.pub\")": "ssh-rsa AAAA\n"}"#,
        ),
        ("${networks.front.id + vars.secret}", "sensitive (known after apply)"),
        ("${locals.mixed}", r#"{"id": (known after apply), "x": 1}"#),
        ("${networks.front.mtu}", "error at <networks.front.mtu>: no `networks.front.mtu`"),
    ] {
        assert_eq!(outcome(text), expected, "{text}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn complaints() {
    for (text, expected) in [
        (
            "a ${b",
            "E0501 at <${>: this `${` has no `}` (close the expression with `}`; for the text `${` itself write `$${`)",
        ),
        ("${}", "E0502 at <${}>: the expression is empty (for the text `${` itself write `$${`)"),
        ("${vars.n +}", "E0502 at <}>: the expression ends too early (column 9 of the expression)"),
        (
            "${vars.n = 3}",
            "E0502 at <=>: `=` is not expected here (column 8 of the expression) (values are compared with `==`)",
        ),
        ("${(vars.n}", "E0502 at <}>: `)` is missing (column 8 of the expression)"),
        ("${vars.n 3}", "E0502 at <3>: `3` is not expected here (column 8 of the expression)"),
        ("ä ${'ä' ?}", "E0502 at <}>: the expression ends too early (column 6 of the expression)"),
        (
            "${loop.x}",
            "E0503 at <l>: `loop` is a reserved word of CEL, the language of expressions (column 1 of the expression) (a variable of that name is `vars.loop`, a resource `servers[\"loop\"]`)",
        ),
        (
            "${lowr(vars.name)}",
            "E0504 at <lowr>: there is no function `lowr` (did you mean `lower`?)",
        ),
        (
            "${vars.name.replace('a')}",
            "E0504 at <replace>: `replace` takes 3 arguments, 2 given (`replace(text, old, new)`: The text with every occurrence of `old` replaced by `new`.)",
        ),
        (
            "${file(vars.name)}",
            "E0506 at <file>: the path of `file` must be written out, not computed (files are read when the workspace is loaded: write it as `file(\"path/to/file\")`)",
        ),
        (
            "${var.n}",
            "E0503 at <v>: `var` is a reserved word of CEL, the language of expressions (column 1 of the expression) (a variable of that name is `vars.var`, a resource `servers[\"var\"]`)",
        ),
        ("${server.web.id}", "E0401 at <server>: unknown name `server` (did you mean `servers`?)"),
        (
            "${replicas}",
            "E0401 at <replicas>: unknown name `replicas` (a variable is `vars.replicas`, a local `locals.replicas`; known names are vars, locals, env, count, each, stacks, components, existing, keypairs, networks, subnets, security_groups, routers, router_interfaces, router_routes, ports, floating_ips, server_groups, volumes, servers, volume_attachments; conditions and policies have self, planned, before, action, address of their own)",
        ),
        (
            "${servers.my-app.id}",
            "E0401 at <app>: unknown name `app` (`-` subtracts here; a name with `-` in it is written in brackets, as in `servers[\"my-app\"].id`)",
        ),
        (
            "${vars}",
            "E0402 at <vars>: `vars` needs a name after it (write `vars.NAME` with the name of a variable)",
        ),
        (
            "${subnets.front}",
            "E0402 at <subnets>: `subnets` needs a name after it (write `subnets.NETWORK.NAME`, as in `subnets.front.v4.id`)",
        ),
        (
            "${count.idx}",
            "E0401 at <count.idx>: there is no `count.idx` (there is `count.index`, from 0)",
        ),
        (
            "x ${vars.name + 1}",
            "error at <${vars.name + 1}>: `+` does not work on text and a whole number",
        ),
        ("x ${vars.list}", "error at <${vars.list}>: a list cannot be put into a text"),
        ("x ${vars.none}", "error at <${vars.none}>: there is no value to put into the text"),
        ("${vars.map.q}", "error at <${vars.map.q}>: there is no `q` in it"),
        ("${vars.list[9]}", "error at <${vars.list[9]}>: the list has no item of that index"),
        ("${1 / 0}", "error at <${1 / 0}>: division by zero"),
        ("${b'x'}", "error at <${b'x'}>: these are bytes; turn them into text with `string`"),
        (
            "${vars.map[vars.secret]}",
            "error at <${vars.map[vars.secret]}>: a key that is looked up is not there",
        ),
        ("${ locals.nope }", "error at <locals.nope>: no `locals.nope`"),
    ] {
        assert_eq!(outcome(text), expected, "{text}");
    }
}

#[test]
fn references_have_exact_places() {
    for (text, expected) in [
        ("ä${vars.n}", "vars.n <vars.n>"),
        (
            "${servers.web[count.index].id + servers.web[each.key].id}",
            "servers.web[each.key].id <servers.web[count.index].id>, servers.web[each.key].id <servers.web[each.key].id>",
        ),
        ("${vars.list[count.index]}", "vars.list <vars.list>, count.index <count.index>"),
        (
            "${servers.web[0].id + locals . x}",
            "servers.web[0].id <servers.web[0].id>, locals.x <locals . x>",
        ),
        ("${servers[ \"loop\" ] .id}", "servers.loop.id <servers[ \"loop\" ] .id>"),
        ("${servers['a-b']['k'].name}", "servers[\"a-b\"][\"k\"].name <servers['a-b']['k'].name>"),
        ("${subnets.front.v4.id}", "subnets.front.v4.id <subnets.front.v4.id>"),
        ("${servers.web.map(s, s.id + vars.n)}", "servers.web <servers.web>, vars.n <vars.n>"),
        ("${vars.list[count.index].x}", "vars.list <vars.list>, count.index <count.index>"),
        ("${vars.n}${vars.n}", "vars.n <vars.n>, vars.n <vars.n>"),
        ("${stacks.net.out.x}", "stacks.net.out <stacks.net.out>"),
        (
            "${stacks[\"a/b.c\"].networks.front[0].id}",
            "stacks[\"a/b.c\"].networks.front[0].id <stacks[\"a/b.c\"].networks.front[0].id>",
        ),
        ("${components.tier.ids[0]}", "components.tier.ids <components.tier.ids>"),
        (
            "${components.tier['blue'].ids.map(i, i)}",
            "components.tier.blue.ids <components.tier['blue'].ids>",
        ),
        ("${components.tier[1]}", "components.tier[1] <components.tier[1]>"),
        ("${components.tier.map(t, t.id)}", "components.tier <components.tier>"),
        (
            "${existing.networks['my-net'].id}",
            "existing.networks[\"my-net\"].id <existing.networks['my-net'].id>",
        ),
    ] {
        let template = Template::parse(text, at(text)).expect(text);
        let found: Vec<String> = template
            .references()
            .iter()
            .map(|r| {
                format!(
                    "{} <{}>",
                    r.root,
                    &text[r.span.start as usize - 100..r.span.end as usize - 100]
                )
            })
            .collect();
        assert_eq!(found.join(", "), expected, "{text}");
    }
}

fn resolved(value: &Value) -> Result<Value, EvalError> {
    value.resolve(&|reference| Ok(Value::text(format!("<{reference}>"))))
}

#[test]
fn pending_values_resolve_to_what_the_expression_would_have_given() {
    for (text, expected) in [
        ("${networks.front.id}-${vars.n}", r#""<stacks.web.networks.front.id>-3""#),
        (
            "${[locals.id, networks.back.id, file('keys/a.pub')]}",
            r#"["unused", "<stacks.web.networks.back.id>", "ssh-rsa AAAA\n"]"#,
        ),
    ] {
        let value = Template::parse(text, at(text)).expect(text).evaluate(&fixed()).expect(text);
        assert_eq!(resolved(&value).map(|v| v.to_string()).as_deref(), Ok(expected), "{text}");
        let deep = map([("a", Value::List(vec![value.clone().into_sensitive()]))]);
        assert!(!resolved(&deep).expect(text).is_pending(), "{text}");
    }
    let name = |text: &str| crate::address::Name::new(text).expect("a name");
    let mut bare = ResourceReference {
        stack: None,
        kind: crate::Kind::Network,
        path: name("back").into(),
        key: None,
        own_key: false,
        attribute: None,
        span: at(""),
    };
    let value = bare.evaluate(&fixed()).expect("a value");
    assert_eq!(resolved(&value), Ok(Value::text("<stacks.web.networks.back[1].id>")));
    bare.attribute = Some("mtu".into());
    assert_eq!(bare.evaluate(&fixed()), Ok(Value::Int(9000)));
}

#[test]
fn heavy_expressions_are_refused_or_computed_but_never_crash() {
    let nested =
        |open: &str, n: usize, close: &str| format!("${{{}1{}}}", open.repeat(n), close.repeat(n));
    for (text, fine) in [
        (nested("(", 32, ")"), true),
        (nested("(", 33, ")"), false),
        (nested("(", 30_000, ")"), false),
        (nested("(", 30_000, ""), false),
        (nested("[", 32, "]"), true),
        (nested("[1].map(x, ", 16, ")"), true),
        (nested("{1: ", 40, "}"), false),
        (nested("1+", 250, ""), true),
        (nested("1+", 1000, ""), false),
        (nested("true ? 1 : ", 90, ""), true),
        (nested("true ? 1 : ", 200, ""), false),
        (format!("${{{}true}}", "!".repeat(20_000)), true),
        (format!("${{vars.n{}}}", ".a".repeat(5000)), false),
        (format!("${{vars.n{}}}", "[0]".repeat(5000)), false),
        (format!("${{size('{}')}}", "x".repeat(60_000)), true),
        (format!("${{size('{}')}}", "x".repeat(70_000)), false),
        (format!("${{[{}1].size()}}", "1,".repeat(3000)), true),
        ("${".repeat(30_000), false),
        ("@#".repeat(3000), true),
        (format!("${{{}}}", "@#".repeat(3000)), false),
    ] {
        let shown = &text[..text.len().min(40)];
        let result = Template::parse(&text, at(&text))
            .map_err(|d| d.message)
            .and_then(|template| template.evaluate(&fixed()).map_err(|error| error.message));
        assert_eq!(result.is_ok(), fine, "{shown}: {result:?}");
    }
}
