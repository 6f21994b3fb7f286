import NIOCore
import Testing

@testable import Loopback

@Suite struct `The framer` {
    /// Everything that comes out when `text` goes in by pieces of `size` bytes.
    func events(_ text: String, by size: Int) throws -> [String] {
        var framer = RequestFramer()
        var said: [String] = []
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: size) {
            framer.receive(ByteBuffer(bytes: bytes[start..<min(start + size, bytes.count)]))
            while let event = try framer.next() {
                switch event {
                case .head(let head):
                    said.append("\(head.method) \(head.target) \(String(decoding: head.bytes, as: UTF8.self))")
                case .content(let piece): said.append(String(buffer: piece))
                case .end(let trailers): said.append("end \(trailers.map { "\($0.name)=\($0.value)" })")
                }
            }
        }
        #expect(framer.isBetweenRequests)
        return said
    }

    let two = "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhelloGET /b?c HTTP/1.1\r\nhOST:  y \r\n\r\n"

    @Test(arguments: [1, 2, 3, 7, 1000])
    func `cuts pipelined requests apart, however the bytes come`(size: Int) throws {
        let events = try events(two, by: size)
        #expect(events.first == "POST /a POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n")
        #expect(events.dropFirst().dropLast(3).joined() == "hello")
        #expect(events.suffix(3) == ["end []", "GET /b?c GET /b?c HTTP/1.1\r\nhOST:  y \r\n\r\n", "end []"])
    }

    @Test(arguments: [1, 2, 5, 1000])
    func `takes chunks off, and reads trailers`(size: Int) throws {
        let text =
            "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;ext=1\r\n0123456789\r\n0\r\nX-Sum: 9\r\n\r\n"
        let events = try events(text, by: size)
        #expect(events.dropFirst().dropLast().joined() == "abc0123456789")
        #expect(events.last == #"end ["X-Sum=9"]"#)
    }

    @Test func `keeps every field line`() throws {
        var framer = RequestFramer()
        framer.receive(ByteBuffer(string: "GET / HTTP/1.0\r\nA: 1\r\na:2\r\nA:\t3 \r\n\r\n"))
        guard case .head(let head) = try framer.next() else {
            Issue.record("no head")
            return
        }
        #expect(head.fields == [Field("A", "1"), Field("a", "2"), Field("A", "3")])
        #expect(head.values("A") == ["1", "2", "3"])
        #expect(head.minorVersion == 0)
    }

    @Test(arguments: [
        "GET / HTTP/1.1\nHost: x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\n\r\n",
        "GET / HTTP/1.1\r\nHost : x\r\n\r\n",
        "GET / HTTP/1.1\r\n Host: x\r\n\r\n",
        "GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n",
        "GET / HTTP/1.1\r\nA: b\rc\r\n\r\n",
        "GET / HTTP/1.1\r\nA: b\u{0}c\r\n\r\n",
        "GET / HTTP/1.1\r\nNo colon\r\n\r\n",
        "GET  / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1 \r\n\r\n",
        "GET / HTTP/2.0\r\n\r\n",
        "G(T / HTTP/1.1\r\n\r\n",
        "GET /\u{e4} HTTP/1.1\r\n\r\n",
        "\r\nGET / HTTP/1.1\r\n\r\n",
        "GET /\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n 1\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\na",
    ])
    func `forgives nothing`(text: String) {
        #expect(throws: Malformed.self) { try events(text, by: 4) }
    }

    @Test func `bounds a head that never ends`() throws {
        var framer = RequestFramer()
        framer.receive(ByteBuffer(string: "GET / HTTP/1.1\r\n"))
        #expect(throws: Malformed.self) {
            for number in 0..<100_000 {
                framer.receive(ByteBuffer(string: "X-\(number): y\r\n"))
                while try framer.next() != nil {}
            }
        }
        var line = RequestFramer()
        #expect(throws: Malformed.self) {
            for _ in 0..<1000 {
                line.receive(ByteBuffer(string: String(repeating: "a", count: 1024)))
                while try line.next() != nil {}
            }
        }
    }
}
