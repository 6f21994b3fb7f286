internal import Core
internal import NIOCore

/// Writes answer heads.
enum HeadWriter {
    static func write(_ head: AnswerHead, close: Bool, into buffer: inout ByteBuffer) {
        // Gathered first: many short writes to a buffer of NIO cost several times as much.
        var text: [UInt8] = []
        text.reserveCapacity(head.fields.storage.count + 4 * head.fields.count + 128)
        append("HTTP/1.1 ", to: &text)
        text.append(contentsOf: String(head.status).utf8)
        text.append(UInt8(ascii: " "))
        text.append(contentsOf: head.reason)
        append("\r\n", to: &text)
        append(head.fields, to: &text)
        framing(head, into: &text)
        if close, head.status >= 200 { append("Connection: close\r\n", to: &text) }
        append("\r\n", to: &text)
        buffer.writeBytes(text)
    }

    private static func framing(_ head: AnswerHead, into text: inout [UInt8]) {
        switch head.framing {
        case .fixed(let length):
            append("Content-Length: ", to: &text)
            text.append(contentsOf: String(length).utf8)
            append("\r\n", to: &text)
        case .chunked: append("Transfer-Encoding: chunked\r\n", to: &text)
        case .none, .untilClose: break
        }
    }

    private static func append(_ fields: Fields, to text: inout [UInt8]) {
        for index in 0..<fields.count {
            text.append(contentsOf: fields.name(index))
            append(": ", to: &text)
            text.append(contentsOf: fields.value(index))
            append("\r\n", to: &text)
        }
    }

    private static func append(_ literal: StaticString, to text: inout [UInt8]) {
        text.append(contentsOf: UnsafeBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }

    static func chunk(_ bytes: [UInt8], into buffer: inout ByteBuffer) {
        buffer.writeString(String(bytes.count, radix: 16))
        buffer.writeStaticString("\r\n")
        buffer.writeBytes(bytes)
        buffer.writeStaticString("\r\n")
    }

    static func lastChunk(_ trailers: Fields, into buffer: inout ByteBuffer) {
        var text: [UInt8] = []
        append("0\r\n", to: &text)
        append(trailers, to: &text)
        append("\r\n", to: &text)
        buffer.writeBytes(text)
    }
}
