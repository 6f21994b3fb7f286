internal import Core
internal import NIOCore

/// Writes answer heads.
enum HeadWriter {
    static func write(_ head: AnswerHead, close: Bool, into buffer: inout ByteBuffer) {
        buffer.writeStaticString("HTTP/1.1 ")
        buffer.writeString(String(head.status))
        buffer.writeInteger(UInt8(ascii: " "))
        buffer.writeBytes(head.reason)
        buffer.writeStaticString("\r\n")
        for index in 0..<head.fields.count {
            buffer.writeBytes(head.fields.name(index))
            buffer.writeStaticString(": ")
            buffer.writeBytes(head.fields.value(index))
            buffer.writeStaticString("\r\n")
        }
        framing(head, into: &buffer)
        if close, head.status >= 200 { buffer.writeStaticString("Connection: close\r\n") }
        buffer.writeStaticString("\r\n")
    }

    private static func framing(_ head: AnswerHead, into buffer: inout ByteBuffer) {
        switch head.framing {
        case .fixed(let length):
            buffer.writeStaticString("Content-Length: ")
            buffer.writeString(String(length))
            buffer.writeStaticString("\r\n")
        case .chunked: buffer.writeStaticString("Transfer-Encoding: chunked\r\n")
        case .none, .untilClose: break
        }
    }

    static func chunk(_ bytes: [UInt8], into buffer: inout ByteBuffer) {
        buffer.writeString(String(bytes.count, radix: 16))
        buffer.writeStaticString("\r\n")
        buffer.writeBytes(bytes)
        buffer.writeStaticString("\r\n")
    }

    static func lastChunk(_ trailers: Fields, into buffer: inout ByteBuffer) {
        buffer.writeStaticString("0\r\n")
        for index in 0..<trailers.count {
            buffer.writeBytes(trailers.name(index))
            buffer.writeStaticString(": ")
            buffer.writeBytes(trailers.value(index))
            buffer.writeStaticString("\r\n")
        }
        buffer.writeStaticString("\r\n")
    }
}
