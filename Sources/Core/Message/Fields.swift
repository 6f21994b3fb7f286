/// The fields of a message (RFC 9110, section 5), in order, names as they came; one buffer for all bytes.
package struct Fields: Sendable, Equatable {
    /// Where a field lies in the buffer: its value follows its name.
    private struct Line: Sendable, Equatable {
        var start: Int32
        var middle: Int32
        var end: Int32

        var name: Range<Int> { Int(start)..<Int(middle) }
        var value: Range<Int> { Int(middle)..<Int(end) }
    }

    private var bytes: [UInt8] = []
    private var lines: [Line] = []

    package init() {}

    package init(_ pairs: [(String, String)]) {
        for (name, value) in pairs { append(name, value) }
    }

    package var count: Int { lines.count }

    package var isEmpty: Bool { lines.isEmpty }

    /// Makes room at once for what is about to be appended.
    package mutating func reserve(bytes count: Int, lines lineCount: Int) {
        bytes.reserveCapacity(bytes.count + count)
        lines.reserveCapacity(lines.count + lineCount)
    }

    package func name(_ index: Int) -> ArraySlice<UInt8> { bytes[lines[index].name] }

    package func value(_ index: Int) -> ArraySlice<UInt8> { bytes[lines[index].value] }

    package mutating func append(_ name: some Collection<UInt8>, _ value: some Collection<UInt8>) {
        let start = bytes.count
        append(name)
        let middle = bytes.count
        append(value)
        lines.append(Line(start: Int32(start), middle: Int32(middle), end: Int32(bytes.count)))
    }

    /// The same for other modules' plain bytes, without generic code.
    package mutating func append(_ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>) {
        let start = bytes.count
        bytes.append(contentsOf: name)
        let middle = bytes.count
        bytes.append(contentsOf: value)
        lines.append(Line(start: Int32(start), middle: Int32(middle), end: Int32(bytes.count)))
    }

    /// One copy of memory where there is memory to copy.
    private mutating func append(_ text: some Collection<UInt8>) {
        let copied: Void? = text.withContiguousStorageIfAvailable { bytes.append(contentsOf: $0) }
        if copied == nil { bytes.append(contentsOf: text) }
    }

    package mutating func append(_ name: String, _ value: String) { append(name.utf8, value.utf8) }

    /// The value of the first field of this lower-case name.
    package subscript(_ name: String) -> ArraySlice<UInt8>? { first(name).map(value) }

    /// All values of this lower-case name, in order.
    package func all(_ name: String) -> [ArraySlice<UInt8>] {
        var values: [ArraySlice<UInt8>] = []
        var next = first(name)
        while let index = next {
            values.append(value(index))
            next = first(name, from: index + 1)
        }
        return values
    }

    /// How many fields there are of this lower-case name.
    package func count(_ name: String) -> Int {
        var (count, next) = (0, first(name))
        while let index = next { (count, next) = (count + 1, first(name, from: index + 1)) }
        return count
    }

    package func contains(_ name: String) -> Bool { first(name) != nil }

    /// The first line of this lower-case name. Every request asks some thirty times: no slice is made for a look.
    private func first(_ name: String, from start: Int = 0) -> Int? {
        var name = name
        return name.withUTF8 { name in
            bytes.withUnsafeBufferPointer { bytes in
                (start..<lines.count).first { ASCII.equal(bytes[lines[$0].name], name) }
            }
        }
    }

    /// The members of a comma-separated list field, trimmed, in lower case.
    package func list(_ name: String) -> [[UInt8]] {
        all(name).flatMap { value in
            value.split(separator: UInt8(ascii: ",")).map { ASCII.lowercased(ASCII.trimmed($0)) }
        }
    }

    /// Whether a comma-separated list field has this lower-case member.
    func lists(_ member: String, in name: String) -> Bool {
        guard let first = self[name] else { return false }
        if count(name) == 1, !first.contains(UInt8(ascii: ",")) { return ASCII.equal(ASCII.trimmed(first), member) }
        return list(name).contains { $0.elementsEqual(member.utf8) }
    }

    package mutating func removeAll(where drop: (ArraySlice<UInt8>) -> Bool) {
        lines.removeAll { drop(bytes[$0.name]) }
    }

    package mutating func removeValues(where drop: (ArraySlice<UInt8>) -> Bool) {
        lines.removeAll { drop(bytes[$0.value]) }
    }

    package mutating func remove(_ name: String) { removeAll { ASCII.equal($0, name) } }

    /// All bytes, also of fields that were removed: whoever looks for something in every field may look here first.
    package var storage: [UInt8] { bytes }

    package static func == (a: Fields, b: Fields) -> Bool {
        a.count == b.count && a.lines.indices.allSatisfy { a.name($0) == b.name($0) && a.value($0) == b.value($0) }
    }
}
