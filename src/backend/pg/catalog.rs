//! Reads from the catalog of a database what tables, constraints, indexes, code, partitions and publications it has.

use tokio_postgres::Row;

use super::admin::AdminConnection;
use super::{PgNode, error};
use crate::backend::BackendError;
use crate::catalog::{Column, Constraint, Index, Partition, PgCatalog, Publication, Routine, Rule, Trigger, View};

/// Tables: `o` is their pg_class.
const TABLES: &str = "o.relkind IN ('r', 'p')";

/// Relations of users: `o` is their pg_class.
const OF_USERS: &str = "NOT o.relnamespace::regnamespace::text LIKE 'pg\\_%' \
    AND o.relnamespace <> 'information_schema'::regnamespace \
    AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = o.oid AND e.deptype = 'e')";

/// A constraint that a partition has from its parent cannot be dropped at the partition (manual, 5.12.2.1).
const CONSTRAINTS: &str = "SELECT o.oid::regclass::text, c.conname::text, c.contype::text, pg_get_constraintdef(c.oid), \
        array(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = o.oid AND a.attnum = ANY (c.conkey) ORDER BY a.attnum), \
        EXISTS (SELECT FROM pg_constraint f WHERE f.contype = 'f' AND f.confrelid = o.oid AND f.conindid = c.conindid), \
        c.confdeltype::text, c.confupdtype::text \
    FROM pg_constraint c JOIN pg_class o ON o.oid = c.conrelid \
    WHERE c.contype IN ('c', 'u', 'p', 'f', 'x') AND c.conparentid = 0 AND c.conislocal AND c.coninhcount = 0";

/// NOT NULL that a primary key or an identity implies is theirs.
const COLUMNS: &str = "SELECT o.oid::regclass::text, a.attname::text, a.attnum, \
        a.attnotnull AND a.attidentity = '' \
            AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = o.oid AND i.indisprimary AND a.attnum = ANY (i.indkey)) \
            AND NOT EXISTS (SELECT FROM pg_inherits h JOIN pg_attribute p ON p.attrelid = h.inhparent AND p.attname = a.attname \
                             WHERE h.inhrelid = o.oid AND p.attnotnull) AS not_null, \
        CASE a.attgenerated WHEN '' THEN pg_get_expr(d.adbin, d.adrelid) END AS filled, \
        CASE a.attgenerated WHEN 's' THEN pg_get_expr(d.adbin, d.adrelid) END AS expression, \
        a.attidentity <> '' AND a.attinhcount = 0, \
        CASE t.typtype WHEN 'd' THEN format_type(t.typbasetype, t.typtypmod) ELSE format_type(a.atttypid, a.atttypmod) END, \
        NOT a.attnotnull, a.attgenerated <> '', o.relispartition \
    FROM pg_attribute a JOIN pg_class o ON o.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid \
    LEFT JOIN pg_attrdef d ON d.adrelid = o.oid AND d.adnum = a.attnum AND a.attinhcount = 0 \
    WHERE a.attnum > 0 AND NOT a.attisdropped";

const INDEXES: &str = "SELECT o.oid::regclass::text, i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid), i.indisunique \
    FROM pg_index i JOIN pg_class o ON o.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid \
    WHERE NOT x.relispartition AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.conrelid = o.oid)";

const TRIGGERS: &str = "SELECT o.oid::regclass::text, t.tgname::text, t.tgenabled::text, pg_get_triggerdef(t.oid), f.proname::text \
    FROM pg_trigger t JOIN pg_class o ON o.oid = t.tgrelid JOIN pg_proc f ON f.oid = t.tgfoid \
    WHERE NOT t.tgisinternal AND t.tgparentid = 0";

const PARTITIONS: &str = "SELECT h.inhparent::regclass::text, o.oid::regclass::text, pg_get_expr(o.relpartbound, o.oid), \
        format_type(a.atttypid, a.atttypmod), a.attname::text \
    FROM pg_class o JOIN pg_inherits h ON h.inhrelid = o.oid JOIN pg_partitioned_table k ON k.partrelid = h.inhparent \
    LEFT JOIN pg_attribute a ON a.attrelid = k.partrelid AND k.partnatts = 1 AND a.attnum = k.partattrs[0] \
    WHERE o.relispartition";

/// Code of other languages is not text that can be changed.
const ROUTINES: &str = "SELECT p.proname::text, pg_get_functiondef(p.oid), l.lanname::text, coalesce(p.prorettype::regtype::text, '') \
    FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang \
    WHERE p.prokind IN ('f', 'p') AND l.lanname IN ('sql', 'plpgsql') \
    AND NOT p.pronamespace::regnamespace::text LIKE 'pg\\_%' AND p.pronamespace <> 'information_schema'::regnamespace \
    AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid AND e.deptype = 'e') \
    ORDER BY 1, p.oid::regprocedure::text";

const VIEWS: &str = "SELECT o.oid::regclass::text, pg_get_viewdef(o.oid), o.relkind = 'm' FROM pg_class o \
    WHERE o.relkind IN ('v', 'm')";

/// The rule of a view is its query.
const RULES: &str = "SELECT o.oid::regclass::text, r.rulename::text, pg_get_ruledef(r.oid) \
    FROM pg_rewrite r JOIN pg_class o ON o.oid = r.ev_class WHERE r.rulename <> '_RETURN'";

const PUBLICATIONS: &str = "SELECT p.pubname::text, \
        array(SELECT r.prrelid::regclass::text FROM pg_publication_rel r WHERE r.prpubid = p.oid ORDER BY 1), \
        array_remove(ARRAY[CASE WHEN p.pubinsert THEN 'insert' END, CASE WHEN p.pubupdate THEN 'update' END, \
            CASE WHEN p.pubdelete THEN 'delete' END, CASE WHEN p.pubtruncate THEN 'truncate' END], NULL) \
    FROM pg_publication p ORDER BY 1";

/// What `database` consists of. It must be open to connections.
///
/// # Errors
/// The server is not reached or refuses.
pub async fn catalog(node: &PgNode, database: &str) -> Result<PgCatalog, BackendError> {
    // As the role that owns it: names are shown as that role sees them, and functions of the system's run as that role.
    let client = node.look(database).await?;
    let reader = Reader { client, node: node.name.to_string() };
    let of_users = |select: &str, order: &str| format!("{select} AND {OF_USERS} ORDER BY {order}");
    let of_tables = |select: &str, order: &str| of_users(&format!("{select} AND {TABLES}"), order);
    Ok(PgCatalog {
        constraints: reader.all(&of_tables(CONSTRAINTS, "1, 2"), constraint).await?,
        columns: reader.all(&of_tables(COLUMNS, "1, 3"), column).await?,
        indexes: reader.all(&of_tables(INDEXES, "1, 2"), index).await?,
        triggers: reader.all(&of_users(TRIGGERS, "1, 2"), trigger).await?,
        partitions: reader.all(&of_tables(PARTITIONS, "1, 2"), partition).await?,
        publications: reader.all(PUBLICATIONS, publication).await?,
        routines: reader.all(ROUTINES, routine).await?,
        views: reader.all(&of_users(VIEWS, "1"), view).await?,
        rules: reader.all(&of_users(RULES, "1, 2"), rule).await?,
    })
}

struct Reader {
    client: AdminConnection,
    node: String,
}

type Read<T> = Result<T, tokio_postgres::Error>;

impl Reader {
    async fn all<T>(&self, select: &str, read: fn(&Row) -> Read<T>) -> Result<Vec<T>, BackendError> {
        let rows = self.client.rows("reading the catalog", select, &[]).await?;
        let read: Result<_, _> = rows.iter().map(read).collect();
        read.map_err(|error| error::of_own(&self.node, "reading the catalog", error))
    }
}

fn constraint(row: &Row) -> Read<Constraint> {
    Ok(Constraint {
        table: row.try_get(0)?,
        name: row.try_get(1)?,
        kind: row.try_get(2)?,
        definition: row.try_get(3)?,
        columns: row.try_get(4)?,
        referenced: row.try_get(5)?,
        on_delete: row.try_get(6)?,
        on_update: row.try_get(7)?,
    })
}

fn column(row: &Row) -> Read<Column> {
    Ok(Column {
        table: row.try_get(0)?,
        name: row.try_get(1)?,
        not_null: row.try_get(3)?,
        default: row.try_get(4)?,
        expression: row.try_get(5)?,
        identity: row.try_get(6)?,
        kind: row.try_get(7)?,
        nullable: row.try_get(8)?,
        generated: row.try_get(9)?,
        of_partition: row.try_get(10)?,
    })
}

fn index(row: &Row) -> Read<Index> {
    Ok(Index { table: row.try_get(0)?, name: row.try_get(1)?, definition: row.try_get(2)?, unique: row.try_get(3)? })
}

fn trigger(row: &Row) -> Read<Trigger> {
    Ok(Trigger {
        table: row.try_get(0)?,
        name: row.try_get(1)?,
        enabled: row.try_get(2)?,
        definition: row.try_get(3)?,
        function: row.try_get(4)?,
    })
}

fn partition(row: &Row) -> Read<Partition> {
    Ok(Partition {
        parent: row.try_get(0)?,
        table: row.try_get(1)?,
        bound: row.try_get(2)?,
        key_type: row.try_get(3)?,
        key: row.try_get(4)?,
    })
}

fn routine(row: &Row) -> Read<Routine> {
    Ok(Routine {
        name: row.try_get(0)?,
        definition: row.try_get(1)?,
        language: row.try_get(2)?,
        returns: row.try_get(3)?,
    })
}

fn view(row: &Row) -> Read<View> {
    Ok(View { name: row.try_get(0)?, definition: row.try_get(1)?, materialized: row.try_get(2)? })
}

fn rule(row: &Row) -> Read<Rule> {
    Ok(Rule { table: row.try_get(0)?, name: row.try_get(1)?, definition: row.try_get(2)? })
}

fn publication(row: &Row) -> Read<Publication> {
    Ok(Publication { name: row.try_get(0)?, tables: row.try_get(1)?, operations: row.try_get(2)? })
}
