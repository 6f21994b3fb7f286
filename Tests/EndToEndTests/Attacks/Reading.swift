import NIOCore

@testable import Loopback

/// What a request says, read by another strict parser than the sidecar's: the vendor's own.
struct Reading: Hashable {
    let method: String
    let marks: [String]
    /// nil where it is read and written anew.
    let content: [UInt8]?

    init(_ request: RecordedRequest) {
        self.init(request.head, request.content, path: request.target)
    }

    private init(_ head: RequestHead, _ content: [UInt8], path: String) {
        (method, marks) = (head.method, head.values("x-mark"))
        self.content = path.contains(Attack.priced) ? nil : content
    }

    /// Every whole request in a client's bytes, up to the first that is none.
    static func all(in bytes: [UInt8]) -> [Reading] {
        var (framer, at, readings) = (RequestFramer(), 0, [Reading]())
        var (head, content): (RequestHead?, [UInt8]) = (nil, [])
        var inLine = true
        while at < bytes.count {
            if framer.isBetweenRequests { inLine = true }
            // An empty line before a request is nothing (RFC 9112, section 2.2).
            if framer.isBetweenRequests, bytes[at...].starts(with: [13, 10]) { at += 2 }
            guard at < bytes.count else { break }
            // A target that is not ASCII is refused for its path, and what follows it is judged by itself.
            framer.receive(ByteBuffer(bytes: [inLine && bytes[at] >= 0x80 ? 0x78 : bytes[at]]))
            if bytes[at] == 10 { inLine = false }
            at += 1
            do throws(Malformed) {
                while let event = try framer.next() {
                    switch event {
                    case .head(let new): (head, content) = (new, [])
                    case .content(let piece): content += piece.readableBytesView
                    case .end:
                        if let head { readings.append(Reading(head, content, path: head.target)) }
                    }
                }
            } catch { break }
        }
        return readings
    }
}
