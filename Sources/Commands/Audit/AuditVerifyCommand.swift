internal import ArgumentParser
internal import Core
internal import Foundation
internal import SQLiteStore

struct AuditVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Walk the records' hash chain and name the first row that was changed or removed.",
        discussion: """
            Asks the running sidecar, unless --file names an export (audit export), or --store the SQLite file of a \
            sidecar that does not run. Whoever can write a whole export can write a consistent one: note the hash that \
            an export ends with, and compare. Exits 1 when the chain is broken.
            """)

    @OptionGroup var client: ClientOptions
    @OptionGroup var output: OutputOptions
    @Option(help: ArgumentHelp("Check an export in JSON Lines; needs no sidecar.", valueName: "path"))
    var file: String?
    @Option(help: ArgumentHelp("Check a store that no sidecar has open.", valueName: "path"))
    var store: String?

    func validate() throws {
        guard file == nil || store == nil else { throw ValidationError("--file and --store exclude each other.") }
    }

    func run() async throws {
        let verdict = try await verdict()
        Screen.print(output.json ? verdict.line : Self.text(verdict))
        if !verdict.flag("intact") { throw ExitCode(1) }
    }

    private func verdict() async throws -> JSONValue {
        if let file { return JSONValue.verdict(try Self.check(file)) }
        guard let store else { return try await client.client().call(.get, "/v1/audit/verify") }
        do throws(StoreFailure) { return JSONValue.verdict(try await StoredRecords(path: store).verify()) } catch {
            throw Quit(error.cause, .noInput)
        }
    }

    static func text(_ verdict: JSONValue) -> String {
        let row = verdict.integer("row").map { "row \($0)" } ?? "line \(verdict.integer("line") ?? 0)"
        guard verdict.flag("intact") else { return "BROKEN at \(row): \(Table.safe(verdict.string("why")))" }
        let rows = "intact: \(verdict.integer("rows") ?? 0) rows"
        if let pruned = verdict.integer("pruned_rows") {
            return "\(rows); \(pruned) rows pruned up to \(verdict.string("pruned_until"))"
        }
        guard let last = verdict.integer("last") else { return rows }
        let range = verdict.integer("rows") == 0 ? "" : " (\(last - (verdict.integer("rows") ?? 0) + 1) to \(last))"
        return "\(rows)\(range) of store \(Table.safe(verdict.string("store"))), ending with \(verdict.string("hash"))"
    }

    /// Line by line: an export may be larger than the memory.
    private static func check(_ path: String) throws(Quit) -> ExportVerdict {
        guard let lines = LineReader(path) else {
            throw Quit("\(path): \(String(cString: strerror(errno)))", .noInput)
        }
        var check = ExportCheck()
        while let line = lines.next(), check.take(line) {}
        return check.verdict()
    }
}

extension JSONValue {
    fileprivate static func verdict(_ verdict: ChainVerdict) -> JSONValue {
        switch verdict {
        case .intact(let rows, let pruned):
            .object(
                [.init("intact", .bool(true)), .init("rows", .number("\(rows)"))]
                    + (pruned.map {
                        [
                            .init("pruned_rows", .number("\($0.rows)")),
                            .init("pruned_until", .string($0.until.rfc3339)),
                        ]
                    } ?? []))
        case .broken(let row, let why):
            .object([.init("intact", .bool(false)), .init("row", .number("\(row)")), .init("why", .string(why))])
        }
    }

    fileprivate static func verdict(_ verdict: ExportVerdict) -> JSONValue {
        switch verdict {
        case .intact(let store, let rows, let chain, let from, let until):
            .object(
                [
                    .init("intact", .bool(true)), .init("rows", .number("\(rows)")),
                    .init("last", .number("\(chain.rows)")), .init("hash", .string(chain.hash.hex)),
                    .init("store", .string(store)),
                ]
                    + [("from", from), ("until", until)].compactMap { name, at in
                        at.map { .init(name, .string($0.rfc3339)) }
                    })
        case .broken(let line, let why):
            .object([.init("intact", .bool(false)), .init("line", .number("\(line)")), .init("why", .string(why))])
        }
    }
}

/// The lines of a file, a block of it in memory at a time.
final class LineReader {
    private let file: FileHandle
    private var rest: [UInt8] = []
    private var at = 0
    private var isOver = false

    /// Longer lines are none of ours.
    private static let longest = 1 << 20

    /// nil, with `errno`, when it can't be opened.
    init?(_ path: String) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    func next() -> [UInt8]? {
        while true {
            if let end = rest[at...].firstIndex(of: 0x0A) {
                defer { at = end + 1 }
                return Array(rest[at..<end])
            }
            guard !isOver, rest.count - at < Self.longest else {
                defer { (rest, at) = ([], 0) }
                return at < rest.count ? Array(rest[at...]) : nil
            }
            let block = (try? file.read(upToCount: 1 << 16)) ?? nil
            (rest, at, isOver) = (Array(rest[at...]) + (block ?? Data()), 0, block?.isEmpty ?? true)
        }
    }
}
