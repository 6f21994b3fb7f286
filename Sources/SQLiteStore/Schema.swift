import Core
import GRDB

/// The tables, as named and ordered steps. A step that was released is never edited: a later one changes what it made.
enum Schema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 books") { try $0.execute(sql: books) }
        migrator.registerMigration("1 vault") { try $0.execute(sql: vault) }
        migrator.registerMigration("1 records") { try $0.execute(sql: records) }
        migrator.registerMigration("2 stops") { try $0.execute(sql: stops) }
        migrator.registerMigration("3 spend") { try $0.execute(sql: spend) }
        migrator.registerMigration("3 tags") { try $0.execute(sql: "ALTER TABLE runs ADD COLUMN tags TEXT") }
        migrator.registerMigration("4 budget changes") { try $0.execute(sql: budgetChanges) }
        migrator.registerMigration("5 spend tags") { try $0.execute(sql: spendTags) }
        migrator.registerMigration("5 idempotent uses") { try $0.execute(sql: idempotentUses) }
        migrator.registerMigration("6 idempotent repetitions") { try $0.execute(sql: idempotentRepetitions) }
        migrator.registerMigration("6 objects") { try $0.execute(sql: objects) }
        return migrator
    }

    /// Money is in micro-dollars, times are microseconds since 1970, `day` and `month` as in `SpendingPeriod`.
    private static let books = """
        CREATE TABLE facts (name TEXT PRIMARY KEY NOT NULL, value) WITHOUT ROWID;
        CREATE TABLE accounts (
            id TEXT PRIMARY KEY NOT NULL, kind TEXT NOT NULL, title TEXT NOT NULL,
            day INTEGER NOT NULL, day_spent INTEGER NOT NULL, day_held INTEGER NOT NULL, day_doubt INTEGER NOT NULL,
            month INTEGER NOT NULL, month_spent INTEGER NOT NULL, month_held INTEGER NOT NULL, month_doubt INTEGER NOT NULL,
            total_spent INTEGER NOT NULL, total_held INTEGER NOT NULL, total_doubt INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE holds (
            request TEXT PRIMARY KEY NOT NULL, amount INTEGER NOT NULL, in_doubt INTEGER NOT NULL,
            at INTEGER NOT NULL, day INTEGER NOT NULL, month INTEGER NOT NULL,
            run TEXT, key TEXT, label TEXT, vendor TEXT NOT NULL, operation TEXT NOT NULL,
            evidence TEXT NOT NULL, accounts TEXT NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX holds_at ON holds (at);
        """

    private static let vault = """
        CREATE TABLE keys (
            id TEXT PRIMARY KEY NOT NULL, digest BLOB NOT NULL, label TEXT NOT NULL, vendor TEXT NOT NULL,
            created INTEGER NOT NULL, expires INTEGER NOT NULL, revoked INTEGER,
            run TEXT, policy TEXT, fingerprint TEXT, rules TEXT NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX keys_digest ON keys (digest);
        CREATE INDEX keys_created ON keys (created);
        CREATE INDEX keys_expires ON keys (expires);
        CREATE TABLE runs (
            id TEXT PRIMARY KEY NOT NULL, digest BLOB NOT NULL, created INTEGER NOT NULL, deadline INTEGER NOT NULL,
            ended INTEGER, revoked INTEGER, lease INTEGER
        ) WITHOUT ROWID;
        CREATE INDEX runs_created ON runs (created);
        CREATE TABLE blocks (run TEXT NOT NULL, vendor TEXT NOT NULL, PRIMARY KEY (run, vendor)) WITHOUT ROWID;
        """

    /// Digests are SHA-256; `key` of the vendor and the idempotency key.
    private static let idempotentUses = """
        CREATE TABLE idempotent_uses (
            key BLOB PRIMARY KEY NOT NULL, owner BLOB NOT NULL, asked BLOB NOT NULL, request TEXT NOT NULL,
            expires INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX idempotent_uses_expires ON idempotent_uses (expires);
        """

    /// `expires` is when nobody owns the key any more; `spend_until`, when a repetition is no longer the same spend, is NULL
    /// where that is the same. `first` is the request that used the key first.
    private static let idempotentRepetitions = """
        ALTER TABLE idempotent_uses ADD COLUMN spend_until INTEGER;
        CREATE TABLE idempotent_repetitions (
            first TEXT NOT NULL, request TEXT NOT NULL, expires INTEGER NOT NULL, PRIMARY KEY (first, request)
        ) WITHOUT ROWID;
        CREATE INDEX idempotent_repetitions_expires ON idempotent_repetitions (expires);
        """

    /// `caps` as JSON in micro-dollars.
    private static let budgetChanges = """
        CREATE TABLE budget_changes (
            id TEXT PRIMARY KEY NOT NULL, budget TEXT NOT NULL, value TEXT NOT NULL, caps TEXT NOT NULL,
            created INTEGER NOT NULL, until INTEGER, reason TEXT NOT NULL, operator TEXT NOT NULL
        ) WITHOUT ROWID;
        """

    /// What is known of the vendors' objects: `units` of `currency`, and `counted` as `[["ACCOUNT",MICROS],…]`.
    private static let objects = """
        CREATE TABLE objects (
            id TEXT PRIMARY KEY NOT NULL, units INTEGER, currency TEXT, counted TEXT NOT NULL, at INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX objects_at ON objects (at);
        ALTER TABLE holds ADD COLUMN object TEXT;
        ALTER TABLE holds ADD COLUMN base INTEGER;
        """

    /// `target` as `Stop.Target.text`.
    private static let stops = """
        CREATE TABLE stops (
            id TEXT PRIMARY KEY NOT NULL, target TEXT NOT NULL, created INTEGER NOT NULL, until INTEGER,
            reason TEXT NOT NULL, operator TEXT NOT NULL
        ) WITHOUT ROWID;
        """

    /// Requests that were refused, and priced ones that ended, with what they cost; empty names where a request had none.
    /// Those still open, or in doubt, are in `holds`.
    private static let spend = """
        ALTER TABLE holds ADD COLUMN policy TEXT;
        CREATE TABLE spend (
            day INTEGER NOT NULL, vendor TEXT NOT NULL, policy TEXT NOT NULL, label TEXT NOT NULL, run TEXT NOT NULL,
            key TEXT NOT NULL, requests INTEGER NOT NULL, refused INTEGER NOT NULL, spent INTEGER NOT NULL,
            PRIMARY KEY (day, vendor, policy, label, run, key)
        ) WITHOUT ROWID;
        """

    /// `tags` as `Tag.text`.
    private static let spendTags = """
        ALTER TABLE holds ADD COLUMN tags TEXT;
        ALTER TABLE spend RENAME TO spend_before;
        CREATE TABLE spend (
            day INTEGER NOT NULL, vendor TEXT NOT NULL, policy TEXT NOT NULL, label TEXT NOT NULL, run TEXT NOT NULL,
            key TEXT NOT NULL, tags TEXT NOT NULL,
            requests INTEGER NOT NULL, refused INTEGER NOT NULL, spent INTEGER NOT NULL,
            PRIMARY KEY (day, vendor, policy, label, run, key, tags)
        ) WITHOUT ROWID;
        INSERT INTO spend SELECT day, vendor, policy, label, run, key, '', requests, refused, spent FROM spend_before;
        DROP TABLE spend_before;
        """

    /// `row` is what the chain covers; the columns before it repeat parts of it for the filters, and `verify` compares.
    /// `latest` is the newest time up to this row: it never falls, so `since` finds its first row by halving.
    private static let records = """
        CREATE TABLE audit (
            seq INTEGER PRIMARY KEY NOT NULL, kind INTEGER NOT NULL, request TEXT, time INTEGER NOT NULL,
            latest INTEGER NOT NULL, run TEXT, key TEXT, label TEXT, vendor TEXT, code TEXT,
            row BLOB NOT NULL, hash BLOB NOT NULL
        );
        CREATE INDEX audit_request ON audit (request) WHERE request IS NOT NULL;
        CREATE INDEX audit_run ON audit (run) WHERE run IS NOT NULL;
        CREATE INDEX audit_label ON audit (label) WHERE label IS NOT NULL;
        CREATE INDEX audit_doubt ON audit (code) WHERE code = 'in_doubt';
        """

    /// Makes the schema current; one that a newer program made is refused, naming its step.
    static func migrate(_ database: DatabaseQueue) throws {
        let migrator = migrator
        let applied = try database.read { try migrator.appliedIdentifiers($0) }
        if let unknown = applied.subtracting(migrator.migrations).sorted().first {
            throw StoreFailure("made by a newer cofferdam (schema step \"\(unknown)\" is unknown here)")
        }
        try migrator.migrate(database)
    }
}
