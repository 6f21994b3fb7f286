/// `application/x-www-form-urlencoded` pairs in order; brackets in names stay as they are.
struct FormContent: Equatable {
    let pairs: [Field]

    init(_ bytes: [UInt8]) {
        pairs = bytes.split(separator: 0x26).map { pair in
            let halves = pair.split(separator: 0x3d, maxSplits: 1, omittingEmptySubsequences: false)
            let value = halves.count > 1 ? halves[1] : []
            return Field(
                Self.decode(String(decoding: halves[0], as: UTF8.self)),
                Self.decode(String(decoding: value, as: UTF8.self)))
        }
    }

    subscript(name: String) -> String? {
        pairs.first { $0.name == name }?.value
    }

    var firstValues: [String: String] {
        Dictionary(pairs.map { ($0.name, $0.value) }) { first, _ in first }
    }

    /// Percent-decoding; what is no code stays.
    static func decode(_ text: some StringProtocol, plusIsSpace: Bool = true) -> String {
        var out: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            switch byte {
            case 0x2b where plusIsSpace:
                out.append(0x20)
            case 0x25:
                let code = rest.prefix(2)
                if code.count == 2, code.first != 0x2b,
                    let value = UInt8(String(decoding: code, as: UTF8.self), radix: 16)
                {
                    out.append(value)
                    rest = rest.dropFirst(2)
                } else {
                    out.append(byte)
                }
            default:
                out.append(byte)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// Percent-encoding of everything but unreserved characters.
    static func encode(_ text: String) -> String {
        text.utf8.map { byte in
            unreserved.contains(byte)
                ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
    }

    private static let unreserved = Set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)
}
