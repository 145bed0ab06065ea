//! Every type, and every way to spell a scalar: what is sent, or which finding there is.

use std::path::Path;

use serde_json::{Value, json};

use super::draft::Drafts;
use super::evaluate::Evaluator;
use super::secrets::Secrets;
use super::site::{Site, ValuePurpose};
use super::texts::Texts;
use super::variables::Variables;
use crate::attr::{Attr, Output};
use crate::finding::Place;
use crate::source::{Folder, parse};
use crate::spec::{
    CERTIFICATE, CIDR, Condition, Field, Folders, Grammar, INTERFACE, IP, LINE, MAC, NUMBER, Names, Type, check, field,
    whole_numbers, written,
};
use crate::topology::SecretMode;
use crate::topology::testing::try_load;

/// How scalars are spelt, row by row, and what is sent for each by a field of the types that are told apart. `!` is the
/// finding `wrong-value`, `-` is nothing at all, and `⎵` stands for a blank.
const TABLE: &str = r##"YAML                  text                    bool  int  enum   ip         cidr       role    number                 any
2024                  "2024"                  !     2024 !      !          !          !       2024                   2024
0                     "0"                     !     0    !      !          !          !       0                      0
-7                    "-7"                    !     -7   !      !          !          !       -7                     -7
010                   "010"                   !     10   !      !          !          !       !                      "010"
1_000                 "1_000"                 !     !    !      !          !          !       !                      "1_000"
0x1F                  "0x1F"                  !     31   !      !          !          !       31                     31
0o17                  "0o17"                  !     15   !      !          !          !       15                     15
0b11                  "0b11"                  !     3    !      !          !          !       3                      3
+5                    "+5"                    !     5    !      !          !          !       5                      5
-0                    "-0"                    !     0    !      !          !          !       0                      0
1.5                   "1.5"                   !     !    !      !          !          !       1.5                    1.5
1.10                  "1.10"                  !     !    !      !          !          !       1.1                    1.1
1.0                   "1.0"                   !     !    !      !          !          !       1.0                    1.0
.5                    ".5"                    !     !    !      !          !          !       0.5                    0.5
1e3                   "1e3"                   !     !    !      !          !          !       1000.0                 1000.0
.inf                  ".inf"                  !     !    !      !          !          !       !                      ".inf"
.nan                  ".nan"                  !     !    !      !          !          !       !                      ".nan"
18446744073709551616  "18446744073709551616"  !     !    !      !          !          !       1.8446744073709552e+19 "18446744073709551616"
0x10000000000000000   "0x10000000000000000"   !     !    !      !          !          !       !                      "0x10000000000000000"
1.0000000000000000001 "1.0000000000000000001" !     !    !      !          !          !       1.0                    1.0
true                  "true"                  true  !    "True" !          !          !       !                      true
True                  "True"                  true  !    "True" !          !          !       !                      true
FALSE                 "FALSE"                 false !    !      !          !          !       !                      false
yes                   "yes"                   true  !    "yes"  !          !          !       !                      "yes"
on                    "on"                    true  !    !      !          !          !       !                      "on"
null                  -                       -     -    -      -          -          -       -                      -
~                     -                       -     -    -      -          -          -       -                      -
''                    ""                      !     !    ""     ""         ""         !       !                      ""
2024-01-31            "2024-01-31"            !     !    !      !          !          !       !                      "2024-01-31"
12:30                 "12:30"                 !     !    !      !          !          !       !                      "12:30"
"5"                   "5"                     !     5    "5"    !          !          !       5                      "5"
'1.10'                "1.10"                  !     !    !      !          !          !       1.1                    "1.10"
!!str⎵1.10            "1.10"                  !     !    !      !          !          !       1.1                    "1.10"
!!int⎵5               "5"                     !     5    "5"    !          !          !       5                      5
10.0.0.1              "10.0.0.1"              !     !    !      "10.0.0.1" !          !       !                      "10.0.0.1"
'#1.10'               "#1.10"                 !     !    !      !          !          "#1.10" !                      "#1.10"
"##;

/// The types of the columns, and how wide these are.
const COLUMNS: [(&str, usize, Type); 9] = [
    ("text", 23, Type::Text),
    ("bool", 5, Type::Bool),
    ("int", 4, Type::Int),
    ("enum", 6, Type::Enum(&["1", "5", "True", "yes"])),
    ("ip", 10, Type::IP),
    ("cidr", 10, Type::CIDR),
    ("role", 7, Type::Role(&[])),
    ("number", 22, Type::Format(&NUMBER)),
    ("any", 0, Type::Any),
];

static MEMBERS: &[Field] = &[field("k", Type::Text, "A text"), field("free", Type::Any, "Anything")];

/// What a type does with scalars: like a column, like a column around which something stands, or nothing.
enum Like {
    /// As this column says.
    Column(&'static str),
    /// A list of what the column says.
    Items(&'static str),
    /// A map with `k`, which is what the column says.
    Below(&'static str),
    /// Nothing: what it takes is no scalar of the table.
    Certificate,
}

/// One type of each variant. A new variant has to say here what it does.
fn like(ty: &Type) -> Like {
    match ty {
        Type::Bool => Like::Column("bool"),
        Type::Int => Like::Column("int"),
        Type::Text | Type::OpenEnum(_) | Type::Phrase(_) | Type::Ref(_) | Type::File(_) | Type::Joined(..) => {
            Like::Column("text")
        }
        Type::Enum(_) => Like::Column("enum"),
        ty if ty.is(&LINE) => Like::Column("text"),
        ty if ty.is(&NUMBER) => Like::Column("number"),
        ty if ty.is(&WHOLE) => Like::Column("int"),
        ty if ty.is(&IP) => Like::Column("ip"),
        ty if ty.is(&CIDR) || ty.is(&INTERFACE) => Like::Column("cidr"),
        Type::Role(_) => Like::Column("role"),
        Type::Any | Type::Json(_) => Like::Column("any"),
        Type::Set(Type::Role(_)) => Like::Items("role"),
        Type::List(_) | Type::Set(_) => Like::Items("text"),
        Type::Table(..) | Type::Object(_) | Type::Open(_) | Type::Map(_) | Type::Label(..) => Like::Below("text"),
        Type::Format(_) => Like::Certificate,
    }
}

whole_numbers!(
    /// Numbers beyond every bound of the tables.
    WHOLE, -9000000000000000000..=9000000000000000000
);

const TYPES: [Type; 28] = [
    Type::Format(&LINE),
    Type::Bool,
    Type::Int,
    Type::Format(&NUMBER),
    Type::Format(&WHOLE),
    Type::Text,
    Type::Phrase(&Grammar::TEXT),
    Type::Enum(&["1", "5", "True", "yes"]),
    Type::OpenEnum(&["tcp"]),
    Type::IP,
    Type::CIDR,
    Type::Format(&INTERFACE),
    Type::words(","),
    Type::List(&Type::Text),
    Type::Set(&Type::Text),
    Type::Table(MEMBERS, "k"),
    Type::Object(MEMBERS),
    Type::Open(MEMBERS),
    Type::Map(&Type::Text),
    Type::Label(&Names::ANY, &LINE),
    Type::Any,
    Type::Json(Condition::ALWAYS),
    Type::Ref("things"),
    Type::Set(&Type::Role(&[])),
    Type::Role(&[]),
    Type::File(Folders::Refused),
    Type::Format(&CERTIFICATE),
    Type::Format(&MAC),
];

/// What is sent for a YAML value of a type, or the codes of what is found.
fn sent(ty: &Type, yaml: &str) -> Result<Value, String> {
    let node = parse(&format!("v: {yaml}\n")).unwrap().remove(0).root.get("v").unwrap().clone();
    let (drafts, variables) = (Drafts::default(), Variables::default());
    let secrets = Secrets::new(Path::new("."), Default::default(), SecretMode::default());
    let place = Place::file("x.yaml");
    let here = Folder::open(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    let mut evaluator = Evaluator::new(&drafts, &variables, &secrets, Texts::new(&here, 0, Default::default()), true);
    let value = evaluator.value(&node, ValuePurpose { ty: Some(*ty), secret: false }, &mut Site::at(&place));
    assert!(evaluator.findings.is_empty(), "{yaml}: {:?}", evaluator.findings);
    match check(ty, &value).first() {
        Some(mismatch) => Err(mismatch.code.to_owned()),
        None => Ok(written(ty, &value).to_shown()),
    }
}

fn cell(ty: &Type, yaml: &str) -> String {
    match sent(ty, yaml) {
        Ok(Value::Null) => "-".into(),
        Ok(value) => value.to_string(),
        Err(code) if code == "wrong-value" => "!".into(),
        Err(code) => code,
    }
}

/// The scalars of the table.
fn rows() -> Vec<(&'static str, String)> {
    let first = TABLE.lines().skip(1).filter_map(|line| line.split_whitespace().next());
    first.map(|spelt| (spelt, spelt.replace('⎵', " "))).collect()
}

#[test]
fn scalars_arrive_as_the_table_says() {
    let line = |first: &str, cell: &dyn Fn(&str, &Type) -> String| {
        let cells = COLUMNS.iter().map(|(name, width, ty)| format!("{:<width$}", cell(name, ty)));
        format!("{first:<21} {}", cells.collect::<Vec<_>>().join(" ")).trim_end().to_owned() + "\n"
    };
    let mut table = line("YAML", &|name, _| name.into());
    for (spelt, yaml) in rows() {
        table.push_str(&line(spelt, &|_, ty| cell(ty, &yaml)));
    }
    assert!(table == TABLE, "the table is now:\n{table}");
}

#[test]
fn every_type_does_with_scalars_what_one_of_the_table_does_or_holds_such() {
    for ty in &TYPES {
        for (_, yaml) in rows() {
            let column = |name: &str| {
                let (_, _, like) = COLUMNS.iter().find(|(own, ..)| *own == name).unwrap();
                sent(like, &yaml)
            };
            let said = |yaml: &str| sent(ty, yaml);
            let bare = said(&yaml);
            let is_null = matches!(&*yaml, "null" | "~");
            match like(ty) {
                // A key that is to be gone is not sent.
                Like::Below(_) if is_null && matches!(ty, Type::Map(_)) => {
                    assert_eq!(said(&format!("{{ k: {yaml} }}")), Ok(json!({})), "{yaml}");
                }
                Like::Below(_) if is_null && matches!(ty, Type::Label(..)) => {
                    assert_eq!(said(&format!("{{ k: {yaml} }}")), Err("wrong-value".into()), "{yaml}");
                }
                // A packed list without words is an empty text.
                Like::Column(_) if is_null && matches!(ty, Type::Joined(..)) => assert_eq!(bare, Ok(json!(""))),
                Like::Column(name) => assert_eq!(bare, column(name), "{ty:?}: {yaml}"),
                Like::Certificate => assert_eq!(bare.is_ok(), is_null || yaml == "''", "{yaml}"),
                Like::Items(name) => {
                    let items = column(name).map(|value| json!([value]));
                    assert_eq!(said(&format!("[{yaml}]")), items, "{ty:?}: {yaml}");
                }
                Like::Below(name) => {
                    let (map, wrap): (_, fn(Value) -> Value) = match ty {
                        Type::Table(..) => (format!("[{{ k: {yaml} }}]"), |value| json!([{ "k": value }])),
                        _ => (format!("{{ k: {yaml} }}"), |value| json!({ "k": value })),
                    };
                    assert_eq!(said(&map), column(name).map(wrap), "{ty:?}: {yaml}");
                }
            }
            if matches!(like(ty), Like::Items(_) | Like::Below(_)) && !is_null {
                assert_eq!(said(&yaml), Err("wrong-type".into()), "{ty:?}: {yaml}");
            }
            // Where nothing is declared, YAML's meaning stays.
            if let Type::Object(_) | Type::Open(_) = ty {
                let free = column("any").map(|value| json!({ "free": value }));
                assert_eq!(said(&format!("{{ free: {yaml} }}")), free, "{ty:?}: {yaml}");
            }
        }
    }
}

#[test]
fn what_comes_by_an_expression_keeps_its_spelling_too() {
    let trueup = "workspace: a\nvars:\n  release: { default: 1.10 }\n  pw: { type: string, default: 0123 }\n  year: { type: string, default: 2024 }\n  sizes: { type: list, default: [1e3, True] }\n";
    let east =
        "lab:\n  east:\n    at: https://192.0.2.1\n    credentials: { username: 007, password: \"${var.pw}\" }\n";
    let kinds = "    endpoints:\n      \"v${each.key}\":\n        each: [1.10, 0x1F]\n        address: 192.0.2.1\n        mode: main\n        weight: ${each.value}\n        labels: { v: \"${each.value}\", r: \"r${var.release}\", y: \"${var.year}\", s: \"${var.sizes.0}\" }\n        inputs: { release: \"${var.release}\", sizes: \"${var.sizes}\", own: 1.10 }\n    groups:\n      g: { note: \"${east/endpoints/v0x1F.weight}\" }\n";
    let loaded = try_load(&[("trueup.yaml", trueup), ("east.yaml", &format!("{east}{kinds}"))]);
    let topology = loaded.unwrap_or_else(|findings| panic!("{findings:?}")).topology;
    let shown = |address: &str, field: &str| {
        let (_, resource) = topology.resources.iter().find(|(own, _)| own.to_string() == address).unwrap();
        resource.fields[field].to_shown()
    };
    let labels = json!({ "v": "1.10", "r": "r1.10", "y": "2024", "s": "1e3" });
    assert_eq!(shown("east/endpoints/v1.10", "labels"), labels);
    assert_eq!(shown("east/endpoints/v0x1F", "weight"), json!(31));
    let inputs = json!({ "release": 1.1, "sizes": [1000.0, true], "own": 1.1 });
    assert_eq!(shown("east/endpoints/v0x1F", "inputs"), inputs);
    assert_eq!(shown("east/groups/g", "note"), json!("31"));
    assert_eq!(topology.targets["east"].credentials.fields["username"].to_shown(), json!("007"));
}

#[test]
fn text_that_is_known_later_is_text_whatever_it_turns_out_to_be() {
    let later = Attr::output(crate::address::Address::new("east", "config", None), "mtu");
    let seven = |_: &Output| Some(Attr::Number(7.into()));
    for (ty, value, expected) in [
        (Type::Text, later.clone(), json!("7")),
        (Type::Map(&Type::Text), Attr::Map([("k".to_owned(), later.clone())].into()), json!({ "k": "7" })),
        (Type::words(","), Attr::List(vec![Attr::text("a"), later.clone()]), json!("a,7")),
        (Type::Int, later.clone(), json!(7)),
        (Type::Any, later.clone(), json!(7)),
    ] {
        assert_eq!(written(&ty, &value).fill(&seven).to_shown(), expected, "{ty:?}");
    }
}
