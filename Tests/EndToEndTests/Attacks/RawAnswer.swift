import Foundation

/// An answer as it came, read strictly.
struct RawAnswer: Sendable {
    let status: Int
    /// Names in lower case.
    let fields: [(name: String, value: String)]
    let content: String

    /// The code of a refusal of ours; nil for a vendor's answer.
    var code: String? {
        let details = value("proxy-status")?.components(separatedBy: "details=\"").dropFirst().first
        return details?.split(separator: "\"").first.map(String.init)
    }

    var closes: Bool { value("connection") == "close" }

    func value(_ name: String) -> String? { fields.first { $0.name == name }?.value }
}

/// Bytes taken apart into answers; `rest` is what is no whole answer.
struct RawAnswers: Sendable {
    private(set) var whole: [RawAnswer] = []
    private(set) var rest: [UInt8]

    /// - Parameters:
    ///   - heard: everything that came.
    ///   - headOnly: whether the first answers a HEAD.
    init(_ heard: Heard, headOnly: Bool = false) {
        rest = heard.bytes
        while let (answer, count) = Self.next(rest[...], headOnly && whole.isEmpty, heard.closed) {
            if answer.status >= 200 { whole.append(answer) }
            rest.removeFirst(count)
        }
    }

    private static func next(_ bytes: ArraySlice<UInt8>, _ headOnly: Bool, _ closed: Bool) -> (RawAnswer, Int)? {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        guard lines[0].hasPrefix("HTTP/1.1 "), let status = Int(lines[0].dropFirst(9).prefix(3)) else { return nil }
        let fields = lines.dropFirst().map { line -> (name: String, value: String) in
            let parts = line.split(separator: ":", maxSplits: 1).map(String.init)
            return (parts[0].lowercased(), parts.count > 1 ? String(parts[1].drop { $0 == " " }) : "")
        }
        let head = RawAnswer(status: status, fields: fields, content: "")
        let rest = bytes[end.upperBound...]
        guard !headOnly, status >= 200, status != 204, status != 304 else {
            return (head, end.upperBound - bytes.startIndex)
        }
        guard let (content, count) = content(of: head, rest, closed) else { return nil }
        let answer = RawAnswer(status: status, fields: fields, content: String(decoding: content, as: UTF8.self))
        return (answer, end.upperBound - bytes.startIndex + count)
    }

    private static func content(
        of head: RawAnswer, _ bytes: ArraySlice<UInt8>, _ closed: Bool
    ) -> (ArraySlice<UInt8>, Int)? {
        if let length = head.value("content-length").flatMap({ Int($0) }) {
            return bytes.count < length ? nil : (bytes.prefix(length), length)
        }
        // What they say is not looked at, only their end.
        guard head.value("transfer-encoding") == "chunked" else { return closed ? (bytes, bytes.count) : nil }
        guard let end = bytes.firstRange(of: Array("0\r\n\r\n".utf8)) else { return nil }
        return (bytes[..<end.lowerBound], end.upperBound - bytes.startIndex)
    }
}
