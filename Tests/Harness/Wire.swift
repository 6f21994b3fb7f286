import Foundation

/// The least that is needed to ask a plain HTTP server something: one request, one connection.
package enum Wire {
    package struct Answer: Sendable {
        package let status: Int
        package let head: String
        package let content: String

        package var json: JSON { JSON(content) ?? .null }
    }

    package static func ask(
        _ port: Int, _ method: String, _ path: String, _ fields: [String] = [], _ content: String = ""
    ) async throws -> Answer {
        let host = fields.contains { $0.hasPrefix("Host:") } ? [] : ["Host: 127.0.0.1:\(port)"]
        var lines = ["\(method) \(path) HTTP/1.1"] + host + ["Connection: close"] + fields
        if !content.isEmpty { lines.append("Content-Length: \(content.utf8.count)") }
        if !content.isEmpty, !fields.contains(where: { $0.hasPrefix("Content-Type:") }) {
            lines.append("Content-Type: application/json")
        }
        let request = Array((lines.joined(separator: "\r\n") + "\r\n\r\n" + content).utf8)
        return await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: answer(said(port, request))) }
        }
    }

    /// Everything that comes back until the end of the connection.
    private static func said(_ port: Int, _ request: [UInt8]) -> [UInt8] {
        let socket = Port.connect(port)
        guard socket >= 0 else { return [] }
        defer { close(socket) }
        var rest = request[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return [] }
            rest = rest.dropFirst(count)
        }
        var (answer, piece) = ([UInt8](), [UInt8](repeating: 0, count: 64 << 10))
        while true {
            let count = piece.withUnsafeMutableBytes { recv(socket, $0.baseAddress, $0.count, 0) }
            guard count > 0 else { return answer }
            answer += piece[..<count]
        }
    }

    private static func answer(_ bytes: [UInt8]) -> Answer {
        let text = String(decoding: bytes, as: UTF8.self)
        let parts = text.components(separatedBy: "\r\n\r\n")
        let status = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        var content = parts.dropFirst().joined(separator: "\r\n\r\n")
        if parts[0].lowercased().contains("transfer-encoding: chunked") { content = unchunked(content) }
        return Answer(status: status, head: parts[0], content: content)
    }

    /// Our own answers are ASCII but for texts, and chunk sizes count bytes.
    private static func unchunked(_ text: String) -> String {
        var (rest, content) = (Array(text.utf8)[...], [UInt8]())
        while let end = rest.firstIndex(of: 13), let size = hexadecimal(rest[..<end]) {
            let start = min(end + 2, rest.endIndex)
            let stop = min(start + size, rest.endIndex)
            guard size > 0 else { break }
            content += rest[start..<stop]
            rest = rest[min(stop + 2, rest.endIndex)...]
        }
        return String(decoding: content, as: UTF8.self)
    }

    private static func hexadecimal(_ digits: ArraySlice<UInt8>) -> Int? {
        Int(String(decoding: digits, as: UTF8.self), radix: 16)
    }
}
