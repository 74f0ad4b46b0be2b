//! Runs of `.slt` files: what one record does to the next, what is left out, and what is kept to be accepted.

use bson::doc;

use super::super::testing::*;

fn numbers(values: &[&str]) -> Reply {
    let cells: Vec<[&str; 1]> = values.iter().map(|value| [*value]).collect();
    rows(&["n:int4"], &cells.iter().map(|row| &row[..]).collect::<Vec<_>>())
}

const TWO_QUERIES: &str = "query I
SELECT a
----
1

query I
SELECT b
----
2
";

#[tokio::test(start_paused = true)]
async fn records_are_sent_in_order_and_hold() {
    let bench = Bench::new();
    bench.script.on("SELECT a", [number("1")]);
    bench.script.on("SELECT b", [number("2")]);
    bench.script.on("INSERT", [affected(2)]);
    bench.script.on("DROP", [refused("42P01")]);
    let records = "statement count 2\nINSERT INTO t\n\nstatement error (42P01)\nDROP TABLE u\n\n";
    let ended = bench.run_slt(&format!("{records}{TWO_QUERIES}")).await;
    assert_eq!((ended.steps, ended.said().as_str()), (4, "pass"));
    assert_eq!(bench.log.lines(), ["pg.a: INSERT INTO t", "pg.a: DROP TABLE u", "pg.a: SELECT a", "pg.a: SELECT b"]);
}

#[tokio::test(start_paused = true)]
async fn a_record_that_does_not_hold_ends_nothing_and_each_is_told() {
    let bench = Bench::new();
    bench.script.on("SELECT a", [number("8")]);
    bench.script.on("SELECT b", [number("9")]);
    let ended = bench.run_slt(TWO_QUERIES).await;
    assert_eq!(ended.pending, ["t.slt.pending"]);
    let evidence = ended.evidence();
    assert_eq!(evidence.len(), 2);
    assert!(evidence.iter().all(|each| each.message == "the rows differ" && each.diff.is_some()), "{evidence:?}");
    let kept = bench.log.lines().into_iter().find(|line| line.starts_with("pending")).expect("it is kept");
    assert!(kept.contains("SELECT a\n----\n8\n") && kept.contains("SELECT b\n----\n9\n"), "{kept}");
}

#[tokio::test(start_paused = true)]
async fn one_broken_record_does_not_spill_over_and_makes_an_error_of_the_run() {
    let bench = Bench::new();
    bench.script.on("SELECT a", [lost()]);
    bench.script.on("SELECT b", [number("2")]);
    let ended = bench.run_slt(TWO_QUERIES).await;
    assert_eq!(bench.log.count("SELECT b"), 1);
    assert_eq!(ended.pending, Vec::<String>::new());
    assert!(ended.done.is_err());
    let evidence = ended.evidence();
    assert_eq!(evidence.len(), 1, "the second holds: {evidence:?}");
    assert_eq!(evidence[0].message, "pg.a closed the connection: end of file");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_kept_when_something_is_wrong_that_no_text_makes_right() {
    let bench = Bench::new();
    bench.script.on("SELECT a", [number("8")]);
    bench.script.on("SELECT b", [refused("42P01")]);
    let ended = bench.run_slt(TWO_QUERIES).await;
    assert_eq!(ended.pending, Vec::<String>::new());
    assert_eq!(bench.log.count("pending"), 0);
    assert!(ended.said().starts_with("fail: "));
}

#[tokio::test(start_paused = true)]
async fn what_another_scenario_would_have_read_otherwise_is_not_kept_and_that_is_told() {
    let mut bench = Bench::new();
    bench.host.disputed_by = Some("other.slt".into());
    bench.script.on("SELECT", [number("8")]);
    let ended = bench.run_slt(TWO_QUERIES).await;
    assert_eq!(ended.pending, Vec::<String>::new());
    let evidence = ended.evidence();
    assert!(evidence[0].notes.iter().any(|note| note.contains("other.slt includes `t.slt` too")), "{evidence:?}");
}

#[tokio::test(start_paused = true)]
async fn a_count_that_differs_is_told_with_both_numbers() {
    let bench = Bench::new();
    bench.script.on("INSERT", [affected(3)]);
    let evidence = bench.run_slt("statement count 2\nINSERT INTO t\n").await.evidence();
    let both = (evidence[0].expected.as_deref(), evidence[0].actual.as_deref());
    assert_eq!(both, (Some("2 rows"), Some("3 rows")));
}

#[tokio::test(start_paused = true)]
async fn what_onlyif_and_skipif_leave_out_and_what_halt_cuts_off_is_not_sent() {
    let bench = Bench::new();
    bench.script.on("SELECT b", [number("2")]);
    let records = "onlyif mysql\nquery I\nSELECT a\n----\n1\n\nskipif postgres\nstatement ok\nSELECT c\n\nquery I\nSELECT b\n----\n2\n\nhalt\n\nstatement ok\nSELECT d\n";
    let ended = bench.run_slt(records).await;
    assert_eq!(ended.said(), "pass");
    assert_eq!(bench.log.lines(), ["pg.a: SELECT b"]);
}

#[tokio::test(start_paused = true)]
async fn a_file_of_which_nothing_was_sent_proves_nothing() {
    for (records, reason) in [
        ("halt\n\nstatement ok\nSELECT 1\n", "`halt` in line 4 comes before every record"),
        ("onlyif mysql\nstatement ok\nSELECT 1\n", "`onlyif` and `skipif` leave out every record"),
        (
            "onlyif mysql\nstatement ok\nSELECT 1\n\nhalt\n\nstatement ok\nSELECT 2\n",
            "`onlyif` and `skipif` leave out every record before `halt` in line 8",
        ),
    ] {
        assert_eq!(Bench::new().run_slt(records).await.said(), format!("inconclusive: {reason}"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_record_goes_where_its_connection_line_says() {
    let bench = Bench::new();
    let records = "connection pg.b buyer
statement ok
SELECT 1

connection mongo
statement ok
{ \"ping\": 1 }

statement ok
SELECT 2
";
    bench.script.on("ping", [reply(doc! { "ok": 1 })]);
    assert_eq!(bench.run_slt(records).await.said(), "pass");
    let lines = bench.log.lines();
    assert_eq!((lines[0].as_str(), lines[2].as_str()), ("pg.b/buyer: SELECT 1", "pg.a: SELECT 2"));
    assert!(lines[1].starts_with("mongo: "), "{lines:?}");
}

#[tokio::test(start_paused = true)]
async fn what_polyspec_did_meets_no_error_that_does_not_name_it() {
    for (reply, record, said) in [
        (cancelled(), "statement error", "error"),
        (cancelled(), "statement error (57014)", "fail"),
        (closed("57P01"), "statement error", "error"),
        (closed("57P01"), "statement error (57P01)", "pass"),
        (lost(), "statement error", "error"),
        (lost(), "statement error (08006)", "pass"),
        (refused("57014"), "statement error (57014)", "pass"),
    ] {
        let bench = Bench::new();
        bench.script.on("SELECT 1", [reply]);
        let got = bench.run_slt(&format!("{record}\nSELECT 1\n")).await.said();
        assert!(got.starts_with(said), "{record}: {got}");
    }
}

#[tokio::test(start_paused = true)]
async fn rows_of_a_sorted_query_come_in_any_order() {
    let records = "query I rowsort\nSELECT n\n----\n1\n2\n";
    for (got, said) in [(["2", "1"], "pass"), (["2", "2"], "fail: the rows differ")] {
        let bench = Bench::new();
        bench.script.on("SELECT n", [numbers(&got)]);
        assert_eq!(bench.run_slt(records).await.said(), said);
    }
}
