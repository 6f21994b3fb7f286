/// The fields of a message (RFC 9110, section 5), in order, names as they came; one buffer for all bytes.
package struct Fields: Sendable, Equatable {
    private struct Line: Sendable, Equatable {
        var name: Range<Int>
        var value: Range<Int>
    }

    private var bytes: [UInt8] = []
    private var lines: [Line] = []

    package init() {}

    package init(_ pairs: [(String, String)]) {
        for (name, value) in pairs { append(name, value) }
    }

    package var count: Int { lines.count }

    package var isEmpty: Bool { lines.isEmpty }

    package func name(_ index: Int) -> ArraySlice<UInt8> { bytes[lines[index].name] }

    package func value(_ index: Int) -> ArraySlice<UInt8> { bytes[lines[index].value] }

    package mutating func append(_ name: some Collection<UInt8>, _ value: some Collection<UInt8>) {
        let start = bytes.count
        bytes.append(contentsOf: name)
        let middle = bytes.count
        bytes.append(contentsOf: value)
        lines.append(Line(name: start..<middle, value: middle..<bytes.count))
    }

    package mutating func append(_ name: String, _ value: String) { append(name.utf8, value.utf8) }

    /// The value of the first field of this lower-case name.
    package subscript(_ name: String) -> ArraySlice<UInt8>? {
        lines.first { ASCII.equal(bytes[$0.name], name) }.map { bytes[$0.value] }
    }

    /// All values of this lower-case name, in order.
    package func all(_ name: String) -> [ArraySlice<UInt8>] {
        lines.filter { ASCII.equal(bytes[$0.name], name) }.map { bytes[$0.value] }
    }

    package func contains(_ name: String) -> Bool { lines.contains { ASCII.equal(bytes[$0.name], name) } }

    /// The members of a comma-separated list field, trimmed, in lower case.
    package func list(_ name: String) -> [[UInt8]] {
        all(name).flatMap { value in
            value.split(separator: UInt8(ascii: ",")).map { ASCII.lowercased(ASCII.trimmed($0)) }
        }
    }

    package mutating func removeAll(where drop: (ArraySlice<UInt8>) -> Bool) {
        lines = lines.filter { !drop(bytes[$0.name]) }
    }

    package mutating func removeValues(where drop: (ArraySlice<UInt8>) -> Bool) {
        let kept = lines.filter { !drop(bytes[$0.value]) }
        lines = kept
    }

    package mutating func remove(_ name: String) { removeAll { ASCII.equal($0, name) } }

    package static func == (a: Fields, b: Fields) -> Bool {
        a.count == b.count && a.lines.indices.allSatisfy { a.name($0) == b.name($0) && a.value($0) == b.value($0) }
    }

}
