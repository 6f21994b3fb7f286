// Fills a store that no sidecar has open with generated keys, audit rows (with a valid chain) and sums.
//   fill STORE HEAD-FILE KEYS LIVE-KEYS [ROWS]      one sum and one account for each key; built with -lsqlite3 -lcrypto
// ROWS audit rows in all are dealt to the keys, ten for each if it isn't said; a live key expires in 30 days.
// The rows have the forms that the sidecar itself writes, so that `audit verify` passes over them.
#include <openssl/sha.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

static sqlite3 *db;
static sqlite3_stmt *insert_audit, *insert_key, *insert_spend, *insert_account;
static unsigned char chain[32];
static char store[64];
static int64_t rows, at, at_step, started;

static void check(int code, int expected) {
    if (code == expected) return;
    fprintf(stderr, "fill: %s\n", sqlite3_errmsg(db));
    exit(1);
}

static void run(const char *sql) { check(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK); }

static sqlite3_stmt *prepare(const char *sql) {
    sqlite3_stmt *statement;
    check(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    return statement;
}

static void step(sqlite3_stmt *statement) {
    check(sqlite3_step(statement), SQLITE_DONE);
    sqlite3_reset(statement);
}

static void text(sqlite3_stmt *statement, int column, const char *value) {
    if (value) check(sqlite3_bind_text(statement, column, value, -1, SQLITE_STATIC), SQLITE_OK);
    else check(sqlite3_bind_null(statement, column), SQLITE_OK);
}

static void number(sqlite3_stmt *statement, int column, int64_t value) {
    check(sqlite3_bind_int64(statement, column, value), SQLITE_OK);
}

static void blob(sqlite3_stmt *statement, int column, const void *value, int length) {
    check(sqlite3_bind_blob(statement, column, value, length, SQLITE_STATIC), SQLITE_OK);
}

static uint64_t random_state = 88172645463325252u;
static uint64_t random64(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    return random_state ^= random_state << 17;
}

static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
static void random_letters(char *to, int count) {
    for (int i = 0; i < count; i++) to[i] = letters[random64() % 62];
    to[count] = 0;
}

// Seconds are formatted once each.
static const char *written(int64_t moment) {
    static char result[32];
    static time_t last = -1;
    time_t seconds = moment / 1000000;
    if (seconds != last) strftime(result, sizeof result, "%Y-%m-%dT%H:%M:%S.000000Z", gmtime(&seconds));
    last = seconds;
    int micros = moment % 1000000;
    for (int i = 25; i > 19; i--, micros /= 10) result[i] = '0' + micros % 10;
    return result;
}

static void append(int kind, const char *request, const char *key, const char *label, const char *vendor, const char *code,
                   const char *row) {
    int length = strlen(row);
    SHA256_CTX hash;
    SHA256_Init(&hash);
    SHA256_Update(&hash, chain, 32);
    SHA256_Update(&hash, row, length);
    SHA256_Final(chain, &hash);
    number(insert_audit, 1, ++rows);
    number(insert_audit, 2, kind);
    text(insert_audit, 3, request);
    number(insert_audit, 4, at);
    number(insert_audit, 5, at);
    text(insert_audit, 6, key);
    text(insert_audit, 7, label);
    text(insert_audit, 8, vendor);
    text(insert_audit, 9, code);
    blob(insert_audit, 10, row, length);
    blob(insert_audit, 11, chain, 32);
    step(insert_audit);
    at += at_step;
}

static void new_request(char *to) {
    memcpy(to, "req_", 4);
    int64_t rest = at / 1000;
    for (int i = 11; i >= 4; i--, rest /= 62) to[i] = letters[rest % 62];
    random_letters(to + 12, 8);
}

static void decision(const char *request, const char *key, const char *label, int allowed) {
    char row[1024];
    snprintf(row, sizeof row,
             "{\"kind\":\"decision\",\"at\":\"%s\",\"request\":\"%s\",\"key\":\"%s\",\"label\":\"%s\",\"vendor\":\"stripe\","
             "\"operation\":\"%s\",\"method\":\"POST\",\"path\":\"/v1/%s\",\"code\":\"%s\",\"decided_by\":\"%s\","
             "\"price_rule\":\"amount (catalogue/stripe.yaml:80)\",\"estimate_usd\":\"5.00\",\"room_usd\":\"495.00\"}",
             written(at), request, key, label, allowed ? "payment_intents.create" : "payouts.create",
             allowed ? "payment_intents" : "payouts", allowed ? "allowed" : "endpoint_not_allowed", key);
    append(0, request, key, label, "stripe", allowed ? "allowed" : "endpoint_not_allowed", row);
}

static void outcome(const char *request, int doubtful) {
    char row[1024];
    const char *result = doubtful ? "in_doubt" : "settled";
    snprintf(row, sizeof row,
             "{\"kind\":\"outcome\",\"at\":\"%s\",\"request\":\"%s\",\"result\":\"%s\",\"cost_usd\":\"5.00\","
             "\"room_usd\":\"495.00\",\"origin_status\":200,\"sent_bytes\":363,\"received_bytes\":101,"
             "\"first_byte_us\":6211,\"duration_us\":6290}", written(at), request, result);
    append(1, request, NULL, NULL, NULL, result, row);
}

static void note(const char *key) {
    char row[512];
    snprintf(row, sizeof row, "{\"kind\":\"note\",\"at\":\"%s\",\"text\":\"key %s issued by master\",\"key\":\"%s\"}",
             written(at), key, key);
    append(2, NULL, key, NULL, NULL, NULL, row);
}

static void vault_key(const char *key, const char *label, int live, int revoked) {
    uint64_t digest[4] = {random64(), random64(), random64(), random64()};
    text(insert_key, 1, key);
    blob(insert_key, 2, digest, 32);
    text(insert_key, 3, label);
    number(insert_key, 4, at);
    number(insert_key, 5, live ? started + 30 * 86400 * 1000000LL : at + 300 * 1000000LL);
    if (revoked) number(insert_key, 6, at + 60000000);
    else check(sqlite3_bind_null(insert_key, 6), SQLITE_OK);
    step(insert_key);
    text(insert_spend, 1, label);
    text(insert_spend, 2, key);
    number(insert_spend, 3, at / 86400000000LL);
    step(insert_spend);
    char account[64];
    snprintf(account, sizeof account, "key:%s", key);
    text(insert_account, 1, account);
    text(insert_account, 2, key);
    number(insert_account, 3, at / 86400000000LL);
    step(insert_account);
}

static int take_store(void *unused, int count, char **values, char **names) {
    snprintf(store, sizeof store, "%s", values[0]);
    return 0;
}

// The indexes of a big table are made at the end: sorted, they take a fraction of the time.
static char indexes[16][512];
static int index_count;
static int take_index(void *unused, int count, char **values, char **names) {
    if (index_count < 16) snprintf(indexes[index_count++], 512, "%s", values[0]);
    return 0;
}

static void drop_indexes(void) {
    check(sqlite3_exec(db, "SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name IN ('audit', 'keys') "
                           "AND sql IS NOT NULL", take_index, NULL, NULL), SQLITE_OK);
    for (int i = 0; i < index_count; i++) {
        char name[128], sql[160];
        if (sscanf(indexes[i], "CREATE INDEX %127s", name) != 1) exit(1);
        snprintf(sql, sizeof sql, "DROP INDEX %s", name);
        run(sql);
    }
}

static void write_head(const char *path) {
    FILE *file = fopen(path, "w");
    if (!file) exit(1);
    fprintf(file, "%s %019lld ", store, (long long)rows);
    for (int i = 0; i < 32; i++) fprintf(file, "%02x", chain[i]);
    fprintf(file, " %019d ", 0);
    for (int i = 0; i < 32; i++) fprintf(file, "00");
    fprintf(file, "\n");
    fclose(file);
}

static void progress(const char *what, int64_t done, int64_t all) {
    if (done % 500000 == 0 && done > 0) fprintf(stderr, "fill: %lld of %lld %s\n", (long long)done, (long long)all, what);
}

// Ten make a key's life: its issue, four payments with their outcomes, and a refusal.
static void row(int which, int64_t owner, const char *key, const char *label) {
    static char request[32];
    if (which == 0) return note(key);
    if (which % 2) new_request(request);
    if (which == 9) decision(request, key, label, 0);
    else if (which % 2) decision(request, key, label, 1);
    else outcome(request, which == 8 && owner % 1000 == 0);
}

static void prepare_inserts(void) {
    insert_audit = prepare("INSERT INTO audit (seq, kind, request, time, latest, key, label, vendor, code, row, hash) "
                           "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    insert_key = prepare("INSERT INTO keys (id, digest, label, vendor, created, expires, revoked, rules) VALUES "
                         "(?, ?, ?, 'stripe', ?, ?, ?, '{\"pinned\":{},\"endpoints\":[\"POST \\/v1\\/payment_intents\"],"
                         "\"daily\":500000000,\"only\":[],\"tags\":{}}')");
    insert_spend = prepare("INSERT INTO spend (label, key, day, vendor, policy, run, tags, requests, refused, spent) "
                           "VALUES (?, ?, ?, 'stripe', '', '', '', 4, 1, 20000000)");
    insert_account = prepare("INSERT INTO accounts VALUES (?1, 'key', ?2, ?3, 20000000, 0, 0, 0, 20000000, 0, 0, 20000000, 0, 0)");
}

static void insert_all(int64_t keys, int64_t live, int64_t wanted) {
    int64_t span = 90LL * 86400 * 1000000, first = started - span;
    at_step = span / wanted;
    at = first;
    for (int64_t i = 0; i < keys; i++) {
        char key[32] = "key_", label[64];
        random_letters(key + 4, 16);
        snprintf(label, sizeof label, "shop-%04lld-run-%07lld", (long long)(i * 7919 % 2000), (long long)i);
        if (at < first + span / keys * i) at = first + span / keys * i;
        vault_key(key, label, i >= keys - live, i % 2);
        progress("keys", i, keys);
        for (int64_t end = (int64_t)((__int128)wanted * (i + 1) / keys), k = 0; rows < end; k++) {
            row(k % 10, i, key, label);
            progress("rows", rows, wanted);
        }
    }
}

int main(int count, char **words) {
    if (count != 5 && count != 6) return fprintf(stderr, "usage: fill STORE HEAD-FILE KEYS LIVE-KEYS [ROWS]\n"), 64;
    int64_t keys = atoll(words[3]), live = atoll(words[4]), wanted = count == 6 ? atoll(words[5]) : keys * 10;
    if (keys < 1 || wanted < 1) return fprintf(stderr, "fill: at least one key and one row\n"), 64;
    check(sqlite3_open(words[1], &db), SQLITE_OK);
    run("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -1500000");
    check(sqlite3_exec(db, "SELECT value FROM facts WHERE name = 'store'", take_store, NULL, NULL), SQLITE_OK);
    run("DELETE FROM audit");
    drop_indexes();
    prepare_inserts();
    struct timeval now;
    gettimeofday(&now, NULL);
    started = now.tv_sec * 1000000LL;
    run("BEGIN");
    insert_all(keys, live, wanted);
    fprintf(stderr, "fill: indexes\n");
    for (int i = 0; i < index_count; i++) run(indexes[i]);
    run("COMMIT");
    sqlite3_finalize(insert_audit);
    sqlite3_finalize(insert_key);
    sqlite3_finalize(insert_spend);
    sqlite3_finalize(insert_account);
    run("PRAGMA journal_mode = DELETE");
    check(sqlite3_close(db), SQLITE_OK);
    write_head(words[2]);
    printf("%lld keys, %lld rows\n", (long long)keys, (long long)rows);
    return 0;
}
