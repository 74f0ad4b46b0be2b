//! Rows of catalogs in, statements out.

use bson::{Document, doc};

use super::change::{Change, Edit, merged};
use super::{mongo, postgres, replication};
use crate::catalog::{Collection, Column, Constraint, Index, Partition, PgCatalog, Publication, Trigger};
use crate::model::{Engine, NodeName, Replication, ReplicationLink, ReplicationOrigin};
use crate::source::{SourceFile, Span};

fn peer(name: &str) -> NodeName {
    NodeName::new(Engine::Pg, name)
}

fn shown(changes: &[Change]) -> Vec<(&str, String)> {
    changes.iter().map(|change| (change.name.as_str(), change.text())).collect()
}

#[track_caller]
fn derives(catalog: PgCatalog, expected: &[(&str, &str)]) {
    let changes = postgres::changes(&peer("a"), &catalog);
    let expected: Vec<(&str, String)> = expected.iter().map(|(name, text)| (*name, text.to_string())).collect();
    assert_eq!(shown(&changes), expected);
}

fn constraint(kind: &str, definition: &str) -> Constraint {
    Constraint {
        table: "t".into(),
        name: "k".into(),
        kind: kind.into(),
        definition: definition.into(),
        on_delete: "a".into(),
        on_update: "a".into(),
        ..Constraint::default()
    }
}

fn with_constraint(constraint: Constraint) -> PgCatalog {
    PgCatalog { constraints: vec![constraint], ..PgCatalog::default() }
}

#[test]
fn a_check_is_dropped_and_a_key_with_what_rests_on_it() {
    derives(
        with_constraint(constraint("c", "CHECK (x > 0)")),
        &[("pg.t.k.drop", "ALTER TABLE t DROP CONSTRAINT \"k\"")],
    );
    let key = Constraint { referenced: true, ..constraint("p", "PRIMARY KEY (x)") };
    derives(with_constraint(key), &[("pg.t.k.drop_cascade", "ALTER TABLE t DROP CONSTRAINT \"k\" CASCADE")]);
}

fn actions(definition: &str, on_delete: &str, on_update: &str) -> Vec<String> {
    let key = Constraint { on_delete: on_delete.into(), on_update: on_update.into(), ..constraint("f", definition) };
    let changes = postgres::changes(&peer("a"), &with_constraint(key));
    let add = |change: &Change| change.text().split_once("ADD CONSTRAINT \"k\" ").map(|(_, added)| added.to_string());
    changes.iter().filter_map(add).collect()
}

#[test]
fn a_foreign_key_carries_on_what_it_refused_and_refuses_what_it_carried_on() {
    let plain = "FOREIGN KEY (x) REFERENCES u(y)";
    assert_eq!(actions(plain, "a", "a"), [format!("{plain} ON DELETE CASCADE"), format!("{plain} ON UPDATE CASCADE")]);
    let both = format!("{plain} ON UPDATE CASCADE ON DELETE CASCADE DEFERRABLE");
    assert_eq!(
        actions(&both, "c", "c"),
        [format!("{plain} ON UPDATE CASCADE DEFERRABLE"), format!("{plain} ON DELETE CASCADE DEFERRABLE")]
    );
    let full = format!("{plain} MATCH FULL ON DELETE SET NULL (x) DEFERRABLE");
    assert_eq!(actions(&full, "n", "a")[0], format!("{plain} MATCH FULL DEFERRABLE"));
    assert_eq!(
        actions(&format!("{plain} MATCH FULL DEFERRABLE"), "a", "a")[1],
        format!("{plain} MATCH FULL ON UPDATE CASCADE DEFERRABLE")
    );
    assert_eq!(actions(&format!("{plain} ON DELETE RESTRICT"), "r", "a")[0], format!("{plain} ON DELETE CASCADE"));
}

#[test]
fn a_column_loses_each_thing_that_it_has() {
    let column = Column {
        table: "t".into(),
        name: "Price".into(),
        not_null: true,
        default: Some("1".into()),
        ..Column::default()
    };
    let catalog = PgCatalog { columns: vec![column], ..PgCatalog::default() };
    derives(
        catalog,
        &[
            ("pg.t.Price.drop_not_null", "ALTER TABLE t ALTER COLUMN \"Price\" DROP NOT NULL"),
            ("pg.t.Price.drop_default", "ALTER TABLE t ALTER COLUMN \"Price\" DROP DEFAULT"),
        ],
    );
}

#[test]
fn a_unique_index_is_dropped_and_made_not_unique() {
    let index = Index {
        table: "t".into(),
        name: "i".into(),
        definition: "CREATE UNIQUE INDEX i ON public.t USING btree (x)".into(),
        unique: true,
    };
    derives(
        PgCatalog { indexes: vec![index], ..PgCatalog::default() },
        &[
            ("pg.t.i.drop", "DROP INDEX i"),
            ("pg.t.i.not_unique", "DROP INDEX i; CREATE INDEX i ON public.t USING btree (x)"),
        ],
    );
}

#[test]
fn a_trigger_of_replicas_is_dropped_and_left_to_the_origin() {
    let trigger =
        |enabled: &str| Trigger { table: "t".into(), name: "g".into(), enabled: enabled.into(), ..Trigger::default() };
    let catalog = |enabled| PgCatalog { triggers: vec![trigger(enabled)], ..PgCatalog::default() };
    derives(catalog("O"), &[("pg.t.g.drop", "DROP TRIGGER \"g\" ON t")]);
    derives(
        catalog("A"),
        &[("pg.t.g.drop", "DROP TRIGGER \"g\" ON t"), ("pg.t.g.origin_only", "ALTER TABLE t ENABLE TRIGGER \"g\"")],
    );
    derives(catalog("D"), &[]);
}

#[test]
fn a_publication_loses_a_table_and_an_operation() {
    let publication =
        Publication { name: "p".into(), tables: vec!["t".into()], operations: vec!["insert".into(), "update".into()] };
    derives(
        PgCatalog { publications: vec![publication], ..PgCatalog::default() },
        &[
            ("pg.publication.p.drop", "DROP PUBLICATION \"p\""),
            ("pg.publication.p.without_t", "ALTER PUBLICATION \"p\" DROP TABLE t"),
            ("pg.publication.p.without_insert", "ALTER PUBLICATION \"p\" SET (publish = 'update')"),
            ("pg.publication.p.without_update", "ALTER PUBLICATION \"p\" SET (publish = 'insert')"),
        ],
    );
}

fn partition(table: &str, bound: &str) -> Partition {
    Partition {
        parent: "t".into(),
        table: table.into(),
        bound: bound.into(),
        key_type: Some("numeric(10,2)".into()),
        key: None,
    }
}

#[test]
fn a_bound_moves_in_both_partitions_that_have_it() {
    let low = partition("low", "FOR VALUES FROM (MINVALUE) TO ('1.00')");
    let high = partition("high", "FOR VALUES FROM ('1.00') TO ('9.50')");
    let changes = postgres::changes(&peer("a"), &PgCatalog { partitions: vec![low, high], ..PgCatalog::default() });
    let names: Vec<&str> = changes.iter().map(|change| change.name.as_str()).collect();
    assert_eq!(
        names[4..],
        [
            "pg.t.bound_1.00.moved_up",
            "pg.t.bound_1.00.moved_down",
            "pg.t.bound_9.50.moved_up",
            "pg.t.bound_9.50.moved_down"
        ]
    );
    assert_eq!(
        changes[4].text(),
        "ALTER TABLE t DETACH PARTITION low; ALTER TABLE t DETACH PARTITION high; \
         ALTER TABLE t ATTACH PARTITION low FOR VALUES FROM (MINVALUE) TO ('1.01'); \
         ALTER TABLE t ATTACH PARTITION high FOR VALUES FROM ('1.01') TO ('9.50')"
    );
}

#[test]
fn a_list_loses_a_value_and_a_single_value_none() {
    let two = partition("both", "FOR VALUES IN ('A', 'B')");
    let one = partition("one", "FOR VALUES IN ('C')");
    let changes = postgres::changes(&peer("a"), &PgCatalog { partitions: vec![two, one], ..PgCatalog::default() });
    let fewer: Vec<String> =
        changes.iter().filter(|change| change.kind.starts_with("without")).map(Change::text).collect();
    assert_eq!(fewer.len(), 2);
    assert!(fewer[0].ends_with("ATTACH PARTITION both FOR VALUES IN ('B')"), "{}", fewer[0]);
}

#[test]
fn what_peers_have_in_common_is_one_mutant_and_what_differs_is_two() {
    let index =
        |definition: &str| Index { table: "t".into(), name: "i".into(), definition: definition.into(), unique: true };
    let of = |name: &str, definition: &str| {
        postgres::changes(&peer(name), &PgCatalog { indexes: vec![index(definition)], ..PgCatalog::default() })
    };
    let same = "CREATE UNIQUE INDEX i ON t (x)";
    let other = "CREATE UNIQUE INDEX i ON t (y)";
    let all = merged([of("a", same), of("b", other), of("c", other)].concat());
    let shown = |change: &Change| match &change.edit {
        Edit::Sql { on, .. } => {
            (change.name.clone(), on.iter().map(|peer| peer.name.clone()).collect::<Vec<_>>().join(" "))
        }
        _ => panic!("not SQL"),
    };
    let shown: Vec<_> = all.iter().map(shown).collect();
    let expected = [("pg.t.i.drop", "a b c"), ("pg.t.i.not_unique", "a"), ("pg.t.i.not_unique@b", "b c")];
    assert_eq!(shown, expected.map(|(name, on)| (name.to_string(), on.to_string())));
}

#[test]
fn a_validator_loses_each_thing_that_it_asks_for() {
    let schema = doc! {
        "bsonType": "object",
        "required": ["sku"],
        "properties": {
            "sku": { "bsonType": "string", "minLength": 1 },
            "mode": { "bsonType": "string", "enum": ["Card"] },
        },
    };
    let options = doc! { "validator": { "$jsonSchema": schema } };
    let changes = mongo::changes(&Collection { name: "c".into(), options, indexes: vec![] });
    let names: Vec<&str> = changes.iter().map(|change| change.name.as_str()).collect();
    let expected = [
        "mongo.c.validator.drop",
        "mongo.c.validation.moderate",
        "mongo.c.validation.warn",
        "mongo.c.required.sku.drop",
        "mongo.c.sku.bsonType.drop",
        "mongo.c.sku.minLength.drop",
        "mongo.c.mode.enum.drop",
    ];
    assert_eq!(names, expected, "a document is an object, and an enum of texts is of texts");
    let left = match &changes[3].edit {
        Edit::Mongo(commands) => commands[0].get_document("validator").unwrap().get_document("$jsonSchema").unwrap(),
        _ => panic!("not MongoDB"),
    };
    assert!(!left.contains_key("required"), "an empty list would be refused: {left}");
    assert_eq!(left.get_document("properties").unwrap().len(), 2);
}

#[test]
fn an_index_of_mongodb_is_dropped_and_loses_what_makes_it_special() {
    let index = doc! { "v": 2, "key": { "x": 1 }, "name": "x_1", "unique": true, "collation": { "locale": "en" } };
    let collection = Collection { name: "c".into(), options: Document::new(), indexes: vec![index] };
    let changes = mongo::changes(&collection);
    let names: Vec<&str> = changes.iter().map(|change| change.name.as_str()).collect();
    assert_eq!(names, ["mongo.c.x_1.drop", "mongo.c.x_1.not_unique", "mongo.c.x_1.without_collation"]);
    assert!(changes[1].text().starts_with("{\"dropIndexes\":\"c\",\"index\":\"x_1\"}; {\"createIndexes\":\"c\""));
    assert!(!changes[1].text().contains("unique"), "{}", changes[1].text());
}

#[test]
fn a_publication_loses_each_column_that_is_part_of_no_key() {
    let column = |name: &str| Column { table: "t".into(), name: name.into(), ..Column::default() };
    let key = Constraint { columns: vec!["id".into()], ..constraint("p", "PRIMARY KEY (id)") };
    let publication = Publication { name: "p".into(), tables: vec!["t".into(), "u".into()], operations: vec![] };
    let catalog = PgCatalog {
        columns: vec![column("id"), column("a"), column("B")],
        publications: vec![publication],
        ..with_constraint(key)
    };
    let changes = postgres::changes(&peer("a"), &catalog);
    let found = changes.iter().find(|change| change.name == "pg.publication.p.without_t.a").map(Change::text);
    assert_eq!(found.as_deref(), Some("ALTER PUBLICATION \"p\" SET TABLE t (\"id\", \"B\"), u"));
    assert!(!changes.iter().any(|change| change.name.ends_with("without_t.id")), "a key must be sent");
}

#[test]
fn a_peer_of_three_hears_nothing_or_is_not_heard() {
    let pairs = [("a", "b"), ("b", "a"), ("a", "c"), ("c", "a"), ("b", "c"), ("c", "b")];
    let links = pairs.map(|(from, to)| ReplicationLink { from: peer(from), to: peer(to) }).to_vec();
    let declared =
        Replication { publication: span("p").of("p".into()), links, origin: ReplicationOrigin::Any, copy_data: false };
    let changes = replication::changes(&[declared]);
    let deaf = changes.iter().find(|change| change.name == "replication.p.c.hears_nothing").expect("it is among them");
    let Edit::Replication { declared, .. } = &deaf.edit else { panic!("not replication") };
    assert!(declared[0].links.iter().all(|link| link.to != peer("c")) && declared[0].links.len() == 4);
    assert!(changes.iter().any(|change| change.name == "replication.p.c.is_not_heard"));
}

fn span(text: &str) -> Span {
    Span::new(&SourceFile::new("s.yaml", text), 0, text.len())
}

#[test]
fn replication_loses_each_link_and_echoes() {
    let links = [("a", "b"), ("b", "a")].map(|(from, to)| ReplicationLink { from: peer(from), to: peer(to) });
    let declared = Replication {
        publication: span("p").of("p".into()),
        links: links.to_vec(),
        origin: ReplicationOrigin::None,
        copy_data: false,
    };
    let changes = replication::changes(&[declared]);
    let names: Vec<&str> = changes.iter().map(|change| change.name.as_str()).collect();
    let expected =
        ["replication.p.a_to_b.drop", "replication.p.b_to_a.drop", "replication.p.twice", "replication.p.origin_any"];
    assert_eq!(names, expected);
    match &changes[0].edit {
        Edit::Replication { declared, .. } => assert_eq!(declared[0].links[0].from, peer("b")),
        _ => panic!("not replication"),
    }
}
