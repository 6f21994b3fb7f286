internal import ArgumentParser
internal import ControlAPI
internal import Core
internal import Foundation
internal import SQLiteStore

struct AuditExportCommand: AsyncParsableCommand {
    enum Format: String, ExpressibleByArgument, CaseIterable { case jsonl, csv }

    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write all records of a time to a file.",
        discussion: """
            jsonl is the hash chain itself, row by row; audit verify --file checks it with nothing else. csv is one line \
            for each request, for spreadsheets, and takes filters. Asks the running sidecar, or reads with --store the \
            SQLite file of one that does not run. An existing file is not overwritten.

              cofferdam audit export --since 30d --out november.jsonl
              cofferdam audit export --format csv --label 'tenant-acme:*' --out acme.csv
            """)

    @OptionGroup var client: ClientOptions
    @Option(help: "jsonl or csv.")
    var format: Format = .jsonl
    @Option(
        help: ArgumentHelp("Only since then: a span before now (30d) or a time in RFC 3339.", valueName: "when"))
    var since: String?
    @Option(help: ArgumentHelp("Only until then.", valueName: "when"))
    var until: String?
    @Option(help: ArgumentHelp("With csv: only labels that match (* stands for any characters).", valueName: "glob"))
    var label: String?
    @Option(help: ArgumentHelp("With csv: only runs that match.", valueName: "glob"))
    var run: String?
    @Option(help: ArgumentHelp("With csv: only this vault key.", valueName: "id"))
    var key: String?
    @Option(help: ArgumentHelp("With csv: only this vendor.", valueName: "name"))
    var vendor: String?
    @Option(help: ArgumentHelp("With csv: only this decision, as audit list takes it.", valueName: "what"))
    var decision: String?
    @Option(help: ArgumentHelp("Where it goes (mode 0600); standard output unless said.", valueName: "path"))
    var out: String?
    @Option(help: ArgumentHelp("Read a store that no sidecar has open.", valueName: "path"))
    var store: String?

    func validate() throws {
        let filters = [label, run, key, vendor, decision]
        guard format == .csv || filters.allSatisfy({ $0 == nil }) else {
            throw ValidationError("Filters go with --format csv: a chain has no gaps.")
        }
    }

    func run() async throws {
        let sink = try ExportFile(out)
        do {
            if let store { try await read(store, into: sink) } else { try await ask(client.client(), into: sink) }
            try sink.finish()
        } catch {
            sink.drop()
            throw error
        }
    }

    private func ask(_ client: AdminClient, into sink: ExportFile) async throws {
        if format == .jsonl {
            return try await client.download(
                "/v1/audit/export", query: [("since", since), ("until", until)], sink.write)
        }
        let query: [(String, String?)] = [
            ("format", "csv"), ("since", since), ("until", until), ("label", label), ("run_id", run), ("key_id", key),
            ("vendor", vendor), ("decision", decision), ("after", since == nil ? "0" : nil),
        ]
        try await client.download("/v1/audit", query: query, sink.write)
    }

    private func read(_ path: String, into sink: ExportFile) async throws {
        do throws(StoreFailure) {
            let records = try StoredRecords(path: path)
            var pieces: any Pieces
            if format == .jsonl {
                pieces = try await ChainExport(records, since: Self.moment(since), until: Self.moment(until))
            } else {
                pieces = RecordsExport(records, try filter, now: .now, form: .csv)
            }
            while let piece = try await pieces.next() { sink.write(piece) }
        } catch { throw Quit(error.cause, .noInput) }
    }

    private var filter: AuditFilter {
        get throws(StoreFailure) {
            var filter = AuditFilter()
            (filter.label, filter.runID) = (label.map { Glob($0) }, run.map { Glob($0) })
            (filter.keyID, filter.vendor, filter.decision) = (key, vendor, decision)
            (filter.since, filter.until) = (try Self.moment(since), try Self.moment(until))
            return filter
        }
    }

    /// A span before now, or a time; nil for nil.
    private static func moment(_ text: String?) throws(StoreFailure) -> Moment? {
        guard let text else { return nil }
        if let span = Span(text: text) { return .now + Span(microseconds: -span.microseconds) }
        if let moment = Moment(rfc3339: text) { return moment }
        throw StoreFailure("\(text): expected a time such as 2026-11-24T02:11:04Z, or a span before now such as 15m")
    }
}

/// Where an export goes: a new file that has its name only when it is whole, or standard output.
final class ExportFile: Sendable {
    private let path: String?
    private let file: FileHandle
    private let failure = Guarded<String?>(nil)

    init(_ path: String?) throws(Quit) {
        self.path = path
        guard let path else {
            file = .standardOutput
            return
        }
        guard access(path, F_OK) != 0 else { throw Quit("\(path) is there already", .cantCreate) }
        let descriptor = open(path + ".part", O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Quit("\(path).part: \(String(cString: strerror(errno)))", .cantCreate) }
        file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    @Sendable func write(_ piece: [UInt8]) {
        guard failure.withLockedValue({ $0 == nil }) else { return }
        do { try file.write(contentsOf: Data(piece)) } catch { failure.withLockedValue { $0 = "\(error)" } }
    }

    func finish() throws(Quit) {
        if let failure = failure.withLockedValue({ $0 }) {
            throw Quit("the export can't be written: \(failure)", .ioError)
        }
        guard let path else { return }
        guard fsync(file.fileDescriptor) == 0, link(path + ".part", path) == 0 else {
            throw Quit("\(path): \(String(cString: strerror(errno)))", .cantCreate)
        }
        unlink(path + ".part")
    }

    /// It is not whole, so it gets no name.
    func drop() { if let path { unlink(path + ".part") } }
}
