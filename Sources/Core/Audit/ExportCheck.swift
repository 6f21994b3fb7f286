/// What a check of an exported chain found.
package enum ExportVerdict: Sendable, Equatable {
    /// Every row follows from the one before; `chain` is where it ends, to be compared with what was noted elsewhere.
    case intact(store: String, rows: Int64, chain: ChainHead, from: Moment?, until: Moment?)
    /// The line of the file, and what is wrong with it.
    case broken(line: Int, why: String)
}

/// Checks an export line by line, from the file alone.
package struct ExportCheck: Sendable {
    private var lines = 0
    private var store: String?
    private var first = ChainHead.empty
    private var chain = ChainHead.empty
    private var times: (from: Moment, until: Moment)?
    private var isEnded = false
    private var fault: (line: Int, why: String)?

    package init() {}

    /// False once it is known to be broken.
    package mutating func take(_ line: [UInt8]) -> Bool {
        lines += 1
        guard fault == nil else { return false }
        if store == nil { begin(line) } else if isEnded { fail("there is more behind the end") } else { go(on: line) }
        return fault == nil
    }

    package func verdict() -> ExportVerdict {
        if let fault { return .broken(line: fault.line, why: fault.why) }
        guard let store else { return .broken(line: 1, why: "it is empty") }
        guard isEnded else { return .broken(line: lines + 1, why: "the end is missing: it was cut off") }
        return .intact(
            store: store, rows: chain.rows - first.rows, chain: chain, from: times?.from, until: times?.until)
    }

    private mutating func begin(_ line: [UInt8]) {
        guard let value = try? JSONValue.parse(line), value["format"]?.text == ChainLines.format,
            let name = value["store"]?.text, let after = value.whole("after"), let hash = value.hash
        else { return fail("this is no export of audit records") }
        store = name
        first = ChainHead(rows: after, hash: hash)
        if after == 0, first != .empty { fail("a chain begins with zeros") }
        chain = first
    }

    private mutating func go(on line: [UInt8]) {
        guard let link = Self.link(line) else { return end(line) }
        guard link.sequence == chain.rows + 1 else { return fail("row \(chain.rows + 1) is missing") }
        chain.append(link.row)
        guard chain.hash == link.hash else {
            return fail("row \(link.sequence) does not follow from the rows before it")
        }
        guard let row = AuditRow(bytes: link.row) else { return fail("row \(link.sequence) is not a record") }
        times = (min(times?.from ?? row.at, row.at), max(times?.until ?? row.at, row.at))
    }

    private mutating func end(_ line: [UInt8]) {
        guard let value = try? JSONValue.parse(line), let rows = value.whole("rows"), let last = value.whole("last"),
            let hash = value.hash
        else { return fail("it is not a row") }
        guard rows == chain.rows - first.rows, last == chain.rows, hash == chain.hash else {
            return fail("the end counts other rows than there are")
        }
        isEnded = true
    }

    /// The record's bytes as they stand in the line.
    private static func link(_ line: [UInt8]) -> ChainLink? {
        guard line.starts(with: "{\"row\":".utf8), line.last == UInt8(ascii: "}") else { return nil }
        let digits = line.dropFirst(7).prefix(while: ASCII.isDigit)
        let mark = Array(",\"hash\":\"".utf8)
        guard let sequence = Decimals.whole(Array(digits)), line[digits.endIndex...].starts(with: mark) else {
            return nil
        }
        let hex = line[(digits.endIndex + mark.count)...].prefix(64)
        let next = Array("\",\"record\":".utf8)
        guard let hash = [UInt8](hex: String(bytes: hex)), hash.count == 32,
            line[hex.endIndex...].starts(with: next)
        else { return nil }
        return ChainLink(sequence: sequence, row: Array(line[(hex.endIndex + next.count)...].dropLast()), hash: hash)
    }

    private mutating func fail(_ why: String) { fault = (lines, why) }
}

extension JSONValue {
    fileprivate func whole(_ key: String) -> Int64? {
        if case .number(let text) = self[key] { Decimals.whole(Array(text.utf8)) } else { nil }
    }

    fileprivate var hash: [UInt8]? {
        self["hash"]?.text.flatMap { [UInt8](hex: $0) }.flatMap { $0.count == 32 ? $0 : nil }
    }
}

extension AuditRow {
    /// When it was written.
    package var at: Moment {
        switch self {
        case .decision(let record): record.at
        case .outcome(let record): record.at
        case .note(let note): note.at
        }
    }
}
