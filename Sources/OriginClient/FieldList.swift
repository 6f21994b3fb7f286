internal import CCurl
internal import Core

/// A request's target and fields in the form that libcurl wants, in memory that is used again and again.
///
/// libcurl reads the list while the transfer lasts, so it belongs to the easy handle.
final class FieldList {
    enum Flaw: String, Error {
        case host = "a host name with other bytes than letters, digits, dots and hyphens"
        case target = "a target that is not origin-form"
        case name = "a field name that is no token"
        case value = "CR, LF or NUL in a field"
        case ours = "a field that only the connection may set"
    }

    private var text = UnsafeMutablePointer<CChar>.allocate(capacity: 4096)
    private var textCapacity = 4096
    private var used = 0
    private var nodes = UnsafeMutablePointer<curl_slist>.allocate(capacity: 32)
    private var nodeCapacity = 32

    deinit {
        text.deallocate()
        nodes.deallocate()
    }

    /// `https://host/` and the target, both NUL-terminated.
    private(set) var url: UnsafePointer<CChar>?
    private(set) var target: UnsafePointer<CChar>?
    /// The fields, and the names of the fields that libcurl must not add.
    private(set) var list: UnsafeMutablePointer<curl_slist>?

    /// Takes over what `request` says, after checking every byte that could end a line.
    func fill(_ request: OriginRequest) throws(Flaw) {
        reserve(request)
        url = try putURL(request.host)
        target = try putTarget(request.target)
        list = nodes
        for index in 0..<request.fields.count {
            nodes[index].data = try putField(request.fields.name(index), request.fields.value(index))
            nodes[index].next = nodes + index + 1
        }
        linkSuppressed(after: request.fields.count)
    }

    private func reserve(_ request: OriginRequest) {
        used = 0
        let fields = request.fields
        var size = request.host.utf8.count + 10 + request.target.count + 1
        for index in 0..<fields.count { size += fields.name(index).count + fields.value(index).count + 3 }
        if size > textCapacity {
            text.deallocate()
            text = .allocate(capacity: size)
            textCapacity = size
        }
        if fields.count > nodeCapacity {
            nodes.deallocate()
            nodes = .allocate(capacity: fields.count)
            nodeCapacity = fields.count
        }
    }

    private func linkSuppressed(after count: Int) {
        let suppressed = Suppressed.fields.list
        if count == 0 { list = suppressed } else { nodes[count - 1].next = suppressed }
    }

    private func putURL(_ host: String) throws(Flaw) -> UnsafePointer<CChar> {
        let start = text + used
        put("https://".utf8)
        for byte in host.utf8 {
            guard ASCII.isAlphanumeric(byte) || byte == 0x2E || byte == 0x2D else { throw .host }
            put(byte)
        }
        guard !host.isEmpty else { throw .host }
        put("/\0".utf8)
        return UnsafePointer(start)
    }

    private func putTarget(_ target: [UInt8]) throws(Flaw) -> UnsafePointer<CChar> {
        let start = text + used
        guard target.first == 0x2F || target == [0x2A] else { throw .target }
        for byte in target {
            guard byte > 0x20, byte < 0x7F, byte != 0x23 else { throw .target }
            put(byte)
        }
        put(0)
        return UnsafePointer(start)
    }

    private func putField(_ name: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>) throws(Flaw)
        -> UnsafeMutablePointer<CChar>
    {
        let start = text + used
        guard !name.isEmpty, name.allSatisfy(FieldLine.isToken) else { throw .name }
        guard !Suppressed.isOurs(name) else { throw .ours }
        for byte in name { put(byte) }
        try putValue(value)
        return start
    }

    private func putValue(_ value: ArraySlice<UInt8>) throws(Flaw) {
        // libcurl drops a field whose value is blank, unless a semicolon stands for the colon.
        guard value.contains(where: { $0 != 0x20 && $0 != 0x09 }) else { return put(";\0".utf8) }
        put(": ".utf8)
        for byte in value {
            guard byte.isHarmless else { throw .value }
            put(byte)
        }
        put(0)
    }

    private func put(_ byte: UInt8) {
        text[used] = CChar(bitPattern: byte)
        used += 1
    }

    private func put(_ bytes: String.UTF8View) {
        for byte in bytes { put(byte) }
    }
}

/// The fields that libcurl would add of its own; a name with a bare colon suppresses one.
///
/// The list is made once and only read afterwards, by libcurl; that is why sharing it is safe.
private struct Suppressed: @unchecked Sendable {
    static let fields = Suppressed()

    let list: UnsafeMutablePointer<curl_slist>?

    private init() {
        let names = ["User-Agent:", "Accept:", "Content-Type:", "Expect:"]
        list = names.reduce(nil) { list, name in curl_slist_append(list, name) }
    }

    /// Whether only the connection may set the field: framing is libcurl's, and the port forbids the rest.
    static func isOurs(_ name: ArraySlice<UInt8>) -> Bool {
        switch name.count {
        case 2: ASCII.equal(name, "te")
        case 4: ASCII.equal(name, "host")
        case 6: ASCII.equal(name, "expect")
        case 7: ASCII.equal(name, "upgrade") || ASCII.equal(name, "trailer")
        case 10: ASCII.equal(name, "connection") || ASCII.equal(name, "keep-alive")
        case 14: ASCII.equal(name, "content-length")
        case 17: ASCII.equal(name, "transfer-encoding")
        default: false
        }
    }
}
