//! What holds of every plan: the same seed makes the same rows in whatever chunks and on however many threads, references
//! lead to rows that are there, values lie in their ranges.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::Plan;
use super::random::permuted;
use crate::model::{Action, Body, Datum, Variables};
use crate::source::SourceFile;

/// A shop in which everything is used.
const SHOP: &str = r#"
scenario: A shop
requirements: [P1.9]
vars: { n: 1, seed: 1 }
steps:
  - generate:
      seed: ${seed}
      into:
        - table: customer
          rows: ${n}
          locale: { by: region, is: { APJ: [ja, en_au], EMEA: [de, fr, it, en_gb], LATAM: pt } }
          columns:
            id: { sequence: { from: 11, step: 10 } }
            name: name
            email: email
            address: address
            phone: { kind: phone, null_share: 0.25 }
            region: { one_of: { APJ: 3, EMEA: 1, LATAM: 1 } }
        - table: product
          rows: ${n}
          hidden:
            item: { one_of: [Lamp, "Desk\tof \"oak\", large", 'back\slash'] }
          columns:
            id: sequence
            name: { text: "{item} {row}" }
            price: { number: { ranges: [[10, 100], [100.01, 250], [250.01, 500]] } }
            category: { map: { by: item, is: { Lamp: Home } } }
        - table: line
          rows: ${n}
          belongs_to:
            buyer: { table: customer, skew: 2, per: order }
            product: { table: product, pick: distinct }
          columns:
            order: { sequence: { repeat: [1, 1, 1, 2] } }
            place: { position: order }
            customer: { ref: buyer.id }
            product: { ref: product.id }
            price: { ref: product.price }
            day: { date: { from: 2023-12-31, to: 2024-12-31 }, per: order }
            at: { timestamp: { from: 2024-01-01, to: 2024-01-02 } }
            quantity: { integer: { from: 1, to: 5 } }
        - table: shipment
          rows: ${n}
          belongs_to:
            line: { table: line, pick: in_order }
          columns:
            order: { ref: line.order }
            day: { after: { date: line.day, days: { from: 1, to: 7 } } }
            address: { ref: line.buyer.address }
            region: { ref: line.buyer.region }
            paid: bool
            code: uuid
            note: sentence
    expect: { affected: 1 }
"#;

/// Every type of edge values, in a table and in a collection.
const EDGES: &str = r#"
scenario: Edges
requirements: [P1.9]
steps:
  - generate:
      into:
        - table: edge
          rows: ${n}
          columns: { text: { edge_values: { text: { max: 50 } } }, price: { edge_values: { numeric: { precision: 5, scale: 2 } } }, day: { edge_values: date }, at: { edge_values: timestamp }, json: { edge_values: json }, double: { edge_values: double } }
    expect: { affected: 1 }
  - generate:
      into:
        - collection: edge
          rows: ${n}
          columns: { text: { edge_values: string }, int: { edge_values: int }, long: { edge_values: long }, price: { edge_values: decimal }, day: { edge_values: date }, at: { edge_values: timestamp }, json: { edge_values: json }, double: { edge_values: double } }
    expect: { affected: 1 }
vars: { n: 1 }
"#;

fn plan(rows: u64, seed: &str) -> Plan {
    plan_of(SHOP, 0, rows, seed)
}

fn plan_of(text: &str, step: usize, rows: u64, seed: &str) -> Plan {
    let file = SourceFile::new("shop.yaml", text);
    let nothing = |_: &str| Err(std::io::Error::other("nothing is included"));
    let parsed = crate::language::scenario(&file, "shop.yaml", &nothing);
    let scenario = parsed.unwrap_or_else(|errors| panic!("{}", errors[0].render(false))).value;
    let Body::Steps { steps, .. } = scenario.body else { panic!("steps") };
    let Action::Generate(spec) = &steps[step].action else { panic!("generate") };
    let variables: Variables =
        [("n".to_string(), Datum::Number(rows.to_string())), ("seed".to_string(), Datum::Text(seed.into()))].into();
    Plan::new(spec, &variables).unwrap()
}

/// The cells of a table, as COPY gets them.
fn cells(plan: &Plan, table: usize) -> Vec<Vec<String>> {
    let text = String::from_utf8(plan.copy_text(table, 0..plan.rows(table))).unwrap();
    text.lines().map(|line| line.split('\t').map(str::to_string).collect()).collect()
}

#[test]
fn what_a_seed_makes_does_not_change_with_a_version() {
    let first = |table: usize| cells(&plan(40, "7"), table)[3].join("|");
    is_kept(&[first(0), first(1), first(2), first(3)]);
}

/// Rows that were made once: whoever changes them changes what every seed means.
fn is_kept(rows: &[String]) {
    let kept = include_str!("kept_rows.txt");
    assert_eq!(rows.join("\n"), kept.trim_end());
}

#[test]
fn another_seed_makes_other_rows() {
    let (one, other) = (plan(50, "1"), plan(50, "2"));
    for table in one.tables() {
        assert_ne!(one.copy_text(table, 0..50), other.copy_text(table, 0..50), "{}", one.name(table));
    }
}

#[test]
fn rows_of_a_line_of_an_order_agree_with_those_that_they_refer_to() {
    let plan = plan(500, "x");
    let [customers, products, lines, shipments] = [0, 1, 2, 3].map(|table| cells(&plan, table));
    let by_id = |rows: &[Vec<String>]| -> BTreeMap<String, Vec<String>> {
        rows.iter().map(|row| (row[0].clone(), row.clone())).collect()
    };
    let (customers, products) = (by_id(&customers), by_id(&products));
    for (line, shipment) in lines.iter().zip(&shipments) {
        assert_eq!(products[&line[3]][2], line[4]);
        assert_eq!(shipment[0], line[0]);
        assert!(shipment[1] > line[5], "shipped after the order");
        let customer = &customers[&line[2]];
        assert_eq!([&customer[3], &customer[5]], [&shipment[2], &shipment[3]]);
    }
    let bought: BTreeSet<_> = lines.iter().map(|line| &line[3]).collect();
    assert_eq!(bought.len(), lines.len(), "no product twice");
    let orders: BTreeSet<_> = lines.iter().map(|line| (&line[0], &line[2], &line[5])).collect();
    assert_eq!(orders.len(), 400, "an order has one customer and one day");
    let keys: BTreeSet<_> = lines.iter().map(|line| (&line[0], &line[1])).collect();
    assert_eq!(keys.len(), 500);
}

#[test]
fn weights_shares_and_locales_show() {
    let customers = cells(&plan(4000, "x"), 0);
    let count = |holds: &dyn Fn(&Vec<String>) -> bool| customers.iter().filter(|row| holds(row)).count();
    assert!((2200..2600).contains(&count(&|row| row[5] == "APJ")));
    assert!((900..1100).contains(&count(&|row| row[4] == "\\N")));
    let japanese = |row: &Vec<String>| row[3].starts_with('〒');
    assert!(count(&|row| japanese(row) && row[5] != "APJ") == 0);
    assert!((1000..1400).contains(&count(&japanese)));
    assert!(count(&|row| row[2].is_ascii() && row[2].split('@').count() == 2) == 4000);
    let distinct: BTreeSet<_> = customers.iter().map(|row| &row[2]).collect();
    assert_eq!(distinct.len(), 4000, "no e-mail address twice");
}

#[test]
fn what_is_made_reads_back_in_every_form() {
    let plan = plan(30, "x");
    for table in plan.tables() {
        let csv = String::from_utf8(plan.csv(table, 0..30)).unwrap();
        let lines = String::from_utf8(plan.json_lines(table, 0..30)).unwrap();
        assert_eq!(lines.lines().count(), 30);
        let names = plan.columns(table);
        for (line, document) in lines.lines().zip(plan.documents(table, 0..30)) {
            let json: serde_json::Value = serde_json::from_str(line).unwrap();
            let document = bson::Document::try_from(document).unwrap();
            assert_eq!(json.as_object().unwrap().len(), names.len());
            assert_eq!(document.keys().cloned().collect::<Vec<_>>(), names);
            assert_eq!(json[&names[0]].as_i64(), document.get_i32(&names[0]).ok().map(i64::from));
        }
        assert!(csv.lines().count() >= 30);
    }
    let products = String::from_utf8(plan.csv(1, 0..30)).unwrap();
    assert!(products.contains("\"Desk\tof \"\"oak\"\", large "), "{products}");
    let copied = String::from_utf8(plan.copy_text(1, 0..30)).unwrap();
    assert!(copied.contains("Desk\\tof \"oak\", large ") && copied.contains("back\\\\slash "), "{copied}");
}

#[test]
fn edge_values_stand_in_order_and_again_from_the_first() {
    let plan = plan_of(EDGES, 0, 700, "1");
    let rows = cells(&plan, 0);
    for column in 0..rows[0].len() {
        let values: Vec<&str> = rows.iter().map(|row| row[column].as_str()).collect();
        let again = values[1..].iter().position(|value| *value == values[0]).expect("the first comes again") + 1;
        let distinct: BTreeSet<&str> = values[..again].iter().copied().collect();
        assert_eq!(distinct.len(), again, "column {column}");
        assert!(values.iter().enumerate().all(|(at, value)| *value == values[at % again]), "column {column}");
    }
}

#[test]
fn edge_values_of_documents_have_their_types_in_json_too() {
    let plan = plan_of(EDGES, 1, 300, "1");
    let lines = String::from_utf8(plan.json_lines(0, 0..300)).unwrap();
    for (line, document) in lines.lines().zip(plan.documents(0, 0..300)) {
        let json: serde_json::Value = serde_json::from_str(line).unwrap();
        let document = bson::Document::try_from(document).unwrap();
        assert_eq!(bson::Bson::try_from(json).unwrap(), bson::Bson::Document(document.clone()));
        let types: Vec<_> = document.values().map(bson::Bson::element_type).collect();
        use bson::spec::ElementType::{DateTime, Decimal128, Double, EmbeddedDocument, Int32, Int64, String};
        assert_eq!(types, [String, Int32, Int64, Decimal128, DateTime, DateTime, EmbeddedDocument, Double]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn chunks_and_threads_do_not_show(rows in 0_u64..400, chunk in 1_u64..90, threads in 1_usize..5, seed in ".{0,8}") {
        let plan = plan(rows, &seed);
        for table in plan.tables() {
            let whole = plan.copy_text(table, 0..rows);
            let starts: Vec<u64> = (0..rows.div_ceil(chunk)).map(|at| at * chunk).collect();
            let mut made: BTreeMap<u64, Vec<u8>> = BTreeMap::new();
            std::thread::scope(|scope| {
                let (plan, starts) = (&plan, &starts);
                let worker = |thread: usize| move || {
                    let own = starts.iter().skip(thread).step_by(threads);
                    own.map(|start| (*start, plan.copy_text(table, *start..rows.min(start + chunk)))).collect::<Vec<_>>()
                };
                let workers: Vec<_> = (0..threads).map(|thread| scope.spawn(worker(thread))).collect();
                workers.into_iter().rev().for_each(|worker| made.extend(worker.join().unwrap()));
            });
            prop_assert_eq!(made.into_values().collect::<Vec<_>>().concat(), whole);
        }
    }

    #[test]
    fn values_lie_in_their_ranges(rows in 1_u64..200, seed in any::<u64>()) {
        let plan = plan(rows, &seed.to_string());
        for row in cells(&plan, 1) {
            let price: f64 = row[2].parse().unwrap();
            prop_assert!((10.0..=500.0).contains(&price));
            prop_assert_eq!(row[2].split('.').nth(1).map(str::len), Some(2));
            prop_assert_eq!(row[3] == "Home", row[1].starts_with("Lamp"));
        }
        for row in cells(&plan, 2) {
            prop_assert!(("2023-12-31"..="2024-12-31").contains(&row[5].as_str()));
            prop_assert!(row[6].starts_with("2024-01-01T") && row[6].ends_with('Z'));
            prop_assert!((1..=5).contains(&row[7].parse::<i32>().unwrap()));
        }
    }

    #[test]
    fn a_random_order_holds_each_number_once(key in any::<u64>(), count in 1_u64..600) {
        let places: BTreeSet<u64> = (0..count).map(|number| permuted(key, number, count)).collect();
        prop_assert_eq!(places.len() as u64, count);
        prop_assert_eq!(places.last().copied(), Some(count - 1));
    }
}
