internal import FoundationEssentials
internal import NIOCore

/// A vendor that gives the credential back.
enum Leaks {
    static let all: [String: Behaviour] = ["leak": leak]

    /// `leak?form=raw,base64,…&chunk=N&ms=M&field=0&trailer=1&reason=1&key=NAME`: the credential that arrived in the
    /// field `key` (default `authorization`), in each of the forms, as a field and in the content: in chunks of N
    /// bytes, M milliseconds apart, if asked.
    @Sendable static func leak(_ exchange: Exchange) async throws {
        try await exchange.drain()
        let value = exchange.head.value(exchange.query["key"] ?? "authorization") ?? ""
        let forms = (exchange.query["form"] ?? "raw,base64,percent").split(separator: ",").map(String.init)
        let said = secrets(in: value).flatMap { secret in forms.map { "\($0)=\(encode(secret, $0))" } }
        let content = Array(("leak\n" + said.map { $0 + "\n" }.joined() + "end\n").utf8)
        var fields = [Field("Content-Type", "text/plain")]
        if exchange.number("field", default: 1) != 0 { fields += said.map { Field("X-Leak", $0) } }
        if exchange.number("reason", default: 0) != 0 { return try await inReason(value, exchange) }
        let chunk = exchange.number("chunk", default: 0)
        let trailers = exchange.number("trailer", default: 0) != 0 ? said.map { Field("X-Leak-Trailer", $0) } : []
        if chunk == 0 && trailers.isEmpty { return try await exchange.answer(200, bytes: content, fields) }
        try await exchange.beginChunks(200, fields)
        try await send(content, by: chunk == 0 ? content.count : chunk, exchange)
        try await exchange.endChunks(trailers: trailers)
    }

    private static func send(_ content: [UInt8], by size: Int, _ exchange: Exchange) async throws {
        for start in stride(from: 0, to: content.count, by: max(1, size)) {
            try await exchange.chunk(ByteBuffer(bytes: content[start..<min(start + size, content.count)]))
            if exchange.query["ms"] != nil { try await exchange.pause("ms", default: 1) }
        }
    }

    private static func inReason(_ value: String, _ exchange: Exchange) async throws {
        try await exchange.raw("HTTP/1.1 200 \(value)\r\nContent-Length: 3\r\n\r\nok\n")
    }

    /// The field's value; the credential without its scheme; for Basic the user and password, and the password.
    private static func secrets(in value: String) -> [String] {
        guard let space = value.firstIndex(of: " ") else { return [value] }
        let credential = String(value[value.index(after: space)...])
        guard value[..<space].lowercased() == "basic", let data = Data(base64Encoded: credential) else {
            return [value, credential]
        }
        let pair = String(decoding: data, as: UTF8.self)
        let password = pair.firstIndex(of: ":").map { String(pair[pair.index(after: $0)...]) }
        return [value, credential, pair] + (password.map { [$0] } ?? [])
    }

    private static func encode(_ secret: String, _ form: String) -> String {
        let bytes = Array(secret.utf8)
        switch form {
        case "base64": return Data(bytes).base64EncodedString()
        case "base64url":
            return Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
                .replacing("=", with: "")
        case "percent": return FormContent.encode(secret)
        case "percent-all": return bytes.map { "%" + Hex.lower([$0]) }.joined()
        case "json": return String(JSON.string(secret).text.dropFirst().dropLast())
        case "unicode": return bytes.map { "\\u00" + Hex.lower([$0]) }.joined()
        case "hex": return Hex.lower(bytes)
        default: return secret
        }
    }
}
