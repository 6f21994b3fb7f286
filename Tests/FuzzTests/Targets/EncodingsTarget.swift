@testable import Core

/// Percent encoding, base64, hexadecimal digits and Basic credentials: what is written is read as it was.
enum EncodingsTarget {
    static func check(_ bytes: [UInt8]) throws(Broken) {
        try checkPercent(bytes)
        try hold(Base64.decode(Base64.encode(bytes)[...]) == bytes, "base64 is read as something else")
        if let decoded = Base64.decode(bytes[...]) {
            try hold(decoded.count <= bytes.count * 3 / 4, "base64 out of nowhere")
        }
        try hold([UInt8](hex: bytes.hex) == bytes, "hexadecimal digits are read as something else")
        if let text = String(validating: bytes, as: UTF8.self), let read = [UInt8](hex: text) {
            try hold(read.hex == text.lowercased(), "\(text) is no \(read.hex)")
        }
        try checkBasic(bytes)
        try checkString(bytes)
    }

    private static func checkPercent(_ bytes: [UInt8]) throws(Broken) {
        var encoded: [UInt8] = []
        Percent.encode(bytes, to: &encoded)
        try hold(encoded.allSatisfy { Percent.isUnreserved($0) || $0 == UInt8(ascii: "%") }, "reserved bytes")
        try hold(Percent.decode(encoded) == bytes, "percent encoding is read as something else")
        try hold(Percent.decodeForm(encoded[...]) == bytes, "percent encoding is read by forms as something else")
    }

    private static func checkBasic(_ bytes: [UInt8]) throws(Broken) {
        _ = BasicCredential.read(bytes[...])
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), !bytes.contains(UInt8(ascii: "_")) else { return }
        let value = Array("Basic ".utf8) + Base64.encode(bytes)
        let (user, password) = try present(BasicCredential.read(value[...]), "a Basic credential is not read")
        try hold(user == String(bytes: bytes[..<colon]), "another user")
        try hold(password == Array(bytes[(colon + 1)...]), "another password")
    }

    private static func checkString(_ bytes: [UInt8]) throws(Broken) {
        guard let text = String(validating: bytes, as: UTF8.self) else { return }
        var written: [UInt8] = []
        JSONText.append(text, to: &written)
        let read = try? JSONValue.parse(written)
        try hold(read?.text.map { Array($0.utf8) } == bytes, "a JSON string is read as something else")
    }
}
