//! Pairs of values of documents: what the server says in an aggregation, against what the judge is certain of.

use bson::{Bson, Document, doc};
use futures::TryStreamExt;
use polyspec::internal::compare_bson;
use rand::rngs::StdRng;

use super::documents::pair;
use crate::servers::{block_on, mongo};

/// Documents of one insert.
const BATCH: usize = 2_000;

/// What judge and server decide otherwise, of so many pairs.
pub fn disagreements(pairs: usize, rng: &mut StdRng) -> Vec<String> {
    block_on(async {
        let database = mongo().await.database("differential");
        let collection = database.collection::<Document>("pairs");
        let mut found = vec![];
        for _ in 0..pairs.div_ceil(BATCH) {
            let some: Vec<(Bson, Bson)> = (0..pairs.min(BATCH)).map(|_| pair(rng)).collect();
            let document = |(at, (one, other)): (usize, &(Bson, Bson))| doc! { "_id": at as i32, "e": one, "a": other };
            collection.drop().await.expect("dropped");
            collection.insert_many(some.iter().enumerate().map(document)).await.expect("inserted");
            let compared = doc! { "equal": { "$eq": ["$e", "$a"] }, "less": { "$lt": ["$e", "$a"] } };
            let pipeline = [doc! { "$sort": { "_id": 1 } }, doc! { "$project": compared }];
            let said: Vec<Document> =
                collection.aggregate(pipeline).await.expect("compared").try_collect().await.expect("read");
            assert_eq!(said.len(), some.len());
            found.extend(some.iter().zip(&said).flat_map(|((one, other), said)| differences(one, other, said)));
        }
        database.drop().await.expect("dropped");
        found
    })
}

fn differences(expected: &Bson, actual: &Bson, said: &Document) -> Vec<String> {
    let (equal, order) = compare_bson(expected, actual);
    let flag = |name: &str| said.get_bool(name).expect("a flag");
    let mut found = vec![];
    if equal != flag("equal") && !is_declared(expected, actual) {
        found.push(format!("{expected:?} and {actual:?}: judged equal {equal}"));
    }
    if let Some(order) = order
        && (order.is_lt(), order.is_eq()) != (flag("less"), flag("equal"))
    {
        found.push(format!("{expected:?} and {actual:?}: judged {order:?}"));
    }
    found
}

/// A Decimal128 equals no number of another type.
fn is_declared(expected: &Bson, actual: &Bson) -> bool {
    matches!(expected, Bson::Decimal128(_)) != matches!(actual, Bson::Decimal128(_))
}
