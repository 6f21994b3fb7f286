/// One row of the chain with its hash.
package struct ChainLink: Sendable, Equatable {
    package var sequence: Int64
    /// Canonical bytes.
    package var row: [UInt8]
    package var hash: [UInt8]

    package init(sequence: Int64, row: [UInt8], hash: [UInt8]) {
        (self.sequence, self.row, self.hash) = (sequence, row, hash)
    }
}

/// A stretch of a store's chain: the rows behind `before`, up to and with `last`.
package struct ChainStretch: Sendable, Equatable {
    package var store: String
    package var before: ChainHead
    package var last: Int64

    package init(store: String, before: ChainHead, last: Int64) {
        (self.store, self.before, self.last) = (store, before, last)
    }
}

/// Content that is made piece by piece, as fast as it is taken.
package protocol Pieces: Sendable {
    /// The next one; nil at the end. What was given before a failure is not the whole.
    mutating func next() async throws(StoreFailure) -> [UInt8]?
}

/// A stretch of the chain as JSON Lines, complete with its hashes: whoever has the file can check it with nothing else.
///
/// The first line says which store and what was before, each other line is one row as the chain covers it, the last one
/// says how many they were.
package struct ChainExport: Pieces {
    private enum Step: Sendable { case head, rows, end }

    private let store: any AuditStore
    private let stretch: ChainStretch
    private var at: ChainHead
    private var step = Step.head

    package init(_ store: any AuditStore, since: Moment?, until: Moment?) async throws(StoreFailure) {
        self.store = store
        stretch = try await store.stretch(since: since, until: until)
        at = stretch.before
    }

    package mutating func next() async throws(StoreFailure) -> [UInt8]? {
        switch step {
        case .head:
            step = .rows
            return ChainLines.head(stretch)
        case .rows:
            let links = try await store.links(after: at.rows, upTo: stretch.last, limit: 500)
            if let last = links.last {
                guard links[0].sequence == at.rows + 1 else {
                    throw StoreFailure("pruned during the export; try again")
                }
                at = ChainHead(rows: last.sequence, hash: last.hash)
                return links.flatMap(ChainLines.row)
            }
            step = .end
            return ChainLines.end(at, rows: at.rows - stretch.before.rows)
        case .end: return nil
        }
    }
}

/// The lines of an export.
enum ChainLines {
    static let format = "cofferdam-audit-1"

    static func head(_ stretch: ChainStretch) -> [UInt8] {
        line([
            .init("format", .string(format)), .init("store", .string(stretch.store)),
            .init("after", .number("\(stretch.before.rows)")), .init("hash", .string(stretch.before.hash.hex)),
        ])
    }

    /// The record stands in it byte by byte.
    static func row(_ link: ChainLink) -> [UInt8] {
        Array("{\"row\":\(link.sequence),\"hash\":\"\(link.hash.hex)\",\"record\":".utf8) + link.row
            + Array("}\n".utf8)
    }

    static func end(_ head: ChainHead, rows: Int64) -> [UInt8] {
        line([
            .init("rows", .number("\(rows)")), .init("last", .number("\(head.rows)")),
            .init("hash", .string(head.hash.hex)),
        ])
    }

    private static func line(_ members: [JSONValue.Member]) -> [UInt8] { JSONValue.object(members).bytes + [0x0A] }
}
