//! What holds for any table.

use super::*;

/// A table of texts as JSON, with `${` taken out, which would be a variable.
fn written(table: &[Vec<Option<String>>]) -> String {
    let cell = |cell: &Option<String>| cell.as_ref().map(|text| text.replace("${", "_"));
    let rows: Vec<Vec<Option<String>>> = table.iter().map(|row| row.iter().map(cell).collect()).collect();
    serde_json::to_string(&rows).unwrap()
}

fn got(table: &[Vec<Option<String>>]) -> Outcome {
    let mut set = row_set(&["a:text", "b:text", "c:text"], &[]);
    set.rows = table.iter().map(|row| row.iter().map(|c| c.as_ref().map(|t| t.replace("${", "_"))).collect()).collect();
    Outcome::Output(Output::Sql { rows: Some(set), affected: 0 })
}

fn tables() -> impl Strategy<Value = Vec<Vec<Option<String>>>> {
    proptest::collection::vec(proptest::collection::vec(proptest::option::of("\\PC{0,6}"), 3), 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_came_holds_when_it_is_written_as_it_came(table in tables(), ordered: bool) {
        prop_assert_eq!(judged(rows_of(&written(&table), ordered), got(&table)), vec![]);
    }

    #[test]
    fn one_changed_cell_is_always_found(table in tables(), row in 0usize..12, column in 0usize..3, ordered: bool) {
        let mut changed = table.clone();
        let cell = &mut changed[row % table.len()][column];
        *cell = Some(cell.take().map_or("was null".into(), |text| text + "+"));
        let found = judged(rows_of(&written(&table), ordered), got(&changed));
        prop_assert_eq!(found.len(), 1);
        let has_mark = found[0].diff.as_ref().unwrap().lines.iter().any(|line| !line.marks.is_empty());
        prop_assert!(has_mark || !ordered, "{:?}", found);
    }

    #[test]
    fn the_order_does_not_count_when_it_does_not_count(table in tables(), turn in 0usize..12) {
        let mut turned = table.clone();
        turned.rotate_left(turn % table.len());
        prop_assert_eq!(judged(rows_of(&written(&table), false), got(&turned)), vec![]);
    }
}
