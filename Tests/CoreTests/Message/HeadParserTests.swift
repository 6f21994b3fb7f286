import Testing

@testable import Core

/// What a line of an attack table asks for.
struct HostileHead: Sendable, CustomTestStringConvertible {
    let name: String
    let head: String
    let code: String

    init(_ name: String, _ head: String, _ code: String = "malformed_request") {
        (self.name, self.head, self.code) = (name, head, code)
    }

    var testDescription: String { name }

    /// A POST with these lines behind a good request line and Host.
    init(_ name: String, with lines: String, _ code: String = "malformed_request") {
        self.init(name, "POST /v1/x HTTP/1.1\r\nHost: api.stripe.com\r\n\(lines)\r\n", code)
    }
}

@Suite struct `A request head that can be read in two ways` {
    static let lines: [HostileHead] = [
        HostileHead("bare LF", "GET / HTTP/1.1\nHost: a\n\n"),
        HostileHead("bare LF after one field", "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n"),
        HostileHead("bare CR in a value", with: "X: a\rb\r\n"),
        HostileHead("bare CR as a line end", with: "X: a\rContent-Length: 5\r\n"),
        HostileHead("folded line", with: "X: a\r\n b\r\n"),
        HostileHead("folded with a tab", with: "X: a\r\n\tb\r\n"),
        HostileHead("space before the colon", with: "Content-Length : 5\r\n"),
        HostileHead("tab before the colon", with: "Transfer-Encoding\t: chunked\r\n"),
        HostileHead("space before the first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n"),
        HostileHead("no colon", with: "Nonsense\r\n"),
        HostileHead("empty name", with: ": x\r\n"),
        HostileHead("NUL in a value", with: "X: a\0b\r\n"),
        HostileHead("NUL in a name", with: "X\0: a\r\n"),
        HostileHead("control byte in a value", with: "X: a\u{1}b\r\n"),
        HostileHead("DEL in a value", with: "X: a\u{7F}\r\n"),
        HostileHead("a name that is not ASCII", with: "X\u{E9}: a\r\n"),
        HostileHead("no Host", "GET / HTTP/1.1\r\n\r\n"),
        HostileHead("two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"),
        HostileHead("two Hosts in other cases", "GET / HTTP/1.1\r\nHost: a\r\nhOST: b\r\n\r\n"),
        HostileHead("two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"),
        HostileHead("HTTP/2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n"),
        HostileHead("HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n"),
        HostileHead("HTTP/0.9", "GET /\r\nHost: a\r\n\r\n"),
        HostileHead("http/1.1", "GET / http/1.1\r\nHost: a\r\n\r\n"),
        HostileHead("HTTP/01.1", "GET / HTTP/01.1\r\nHost: a\r\n\r\n"),
        HostileHead("two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"),
        HostileHead("a space in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"),
        HostileHead("a tab in the request line", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n"),
        HostileHead("a space behind the version", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n"),
        HostileHead("a blank line first", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        HostileHead("control byte in the target", "GET /\u{1} HTTP/1.1\r\nHost: a\r\n\r\n"),
        HostileHead("a method with a slash", "GE/T / HTTP/1.1\r\nHost: a\r\n\r\n"),
        HostileHead("lower-case method", "get / HTTP/1.1\r\nHost: a\r\n\r\n", "method_not_allowed"),
        HostileHead("TRACE", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", "method_not_allowed"),
        HostileHead("PROPFIND", "PROPFIND / HTTP/1.1\r\nHost: a\r\n\r\n", "method_not_allowed"),
        HostileHead("an HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        HostileHead("Upgrade", with: "Connection: upgrade\r\nUpgrade: websocket\r\n", "upgrade_not_supported"),
        HostileHead("CONNECT with content", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n"),
        HostileHead("CONNECT with chunks", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"),
        HostileHead("another expectation", with: "Expect: 200-ok\r\n"),
        HostileHead("another expectation behind a good one", with: "Expect: 100-continue\r\nExpect: 200-ok\r\n"),
        HostileHead("two types", with: "Content-Type: text/plain\r\nContent-Type: text/html\r\n"),
        HostileHead("two callers", with: "Proxy-Authorization: Basic YTpi\r\nProxy-Authorization: Basic YTpj\r\n"),
    ]

    static let framing: [HostileHead] = [
        HostileHead("CL and TE", with: "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
        HostileHead("TE and CL", with: "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
        HostileHead("two equal CLs", with: "Content-Length: 5\r\nContent-Length: 5\r\n"),
        HostileHead("two CLs", with: "Content-Length: 5\r\nContent-Length: 6\r\n"),
        HostileHead("a list of CLs", with: "Content-Length: 5, 5\r\n"),
        HostileHead("+5", with: "Content-Length: +5\r\n"),
        HostileHead("-5", with: "Content-Length: -5\r\n"),
        HostileHead("05", with: "Content-Length: 05\r\n"),
        HostileHead("0x5", with: "Content-Length: 0x5\r\n"),
        HostileHead("5.0", with: "Content-Length: 5.0\r\n"),
        HostileHead("5 5", with: "Content-Length: 5 5\r\n"),
        HostileHead("no number", with: "Content-Length:\r\n"),
        HostileHead("a length that does not fit", with: "Content-Length: 9223372036854775808\r\n"),
        HostileHead("two TEs", with: "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
        HostileHead("chunked, chunked", with: "Transfer-Encoding: chunked, chunked\r\n"),
        HostileHead("gzip, chunked", with: "Transfer-Encoding: gzip, chunked\r\n"),
        HostileHead("identity", with: "Transfer-Encoding: identity\r\n"),
        HostileHead("xchunked", with: "Transfer-Encoding: xchunked\r\n"),
        HostileHead("chunked;q=1", with: "Transfer-Encoding: chunked;q=1\r\n"),
        HostileHead("quoted", with: "Transfer-Encoding: \"chunked\"\r\n"),
        HostileHead("vertical tab", with: "Transfer-Encoding: \u{B}chunked\r\n"),
        HostileHead("comma", with: "Transfer-Encoding: chunked,\r\n"),
        HostileHead(
            "TE in HTTP/1.0", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"),
    ]

    @Test(arguments: lines + framing) func `is refused`(_ hostile: HostileHead) {
        #expect(refusal { () throws(Refusal) in try HeadParser.parse(bytes(hostile.head)) }?.code == hostile.code)
    }

    private func begun(_ text: String, from start: Int = 0) -> String? {
        refusal { () throws(Refusal) in try HeadParser.checkBegun(bytes(text), from: start) }?.code
    }

    @Test(arguments: [
        "\n", "G\n", "GET / HTTP/1.1\n", "GET / HTTP/1.1\r\nHost: a\n", "GET / HTTP/1.1\r\nHost: a\rX", "\rG",
        "GET /\r",
        "GET / HTTP/1.2\r\n", "\u{16}\u{3}\u{1}\r", "GET / HTTP/1.1\r\r",
    ]) func `is refused before its end, wherever it was cut`(_ text: String) {
        for cut in 0..<text.utf8.count where begun(String(decoding: Array(text.utf8)[..<cut], as: UTF8.self)) == nil {
            #expect(begun(text, from: max(0, cut - 3)) == "malformed_request", "cut at \(cut)")
        }
    }

    @Test func `is not refused while it can still be a good one`() {
        let head = Array("GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n\r".utf8)
        for end in 1...head.count {
            let text = String(decoding: head[..<end], as: UTF8.self)
            for start in max(0, end - 6)..<end { #expect(begun(text, from: start) == nil, "\(end) from \(start)") }
        }
        #expect(begun("\r") == nil)
    }

    @Test func `is refused with more than a hundred fields`() {
        func head(_ count: Int) -> String {
            "GET / HTTP/1.1\r\nHost: a\r\n" + (1..<count).map { "X-\($0): y\r\n" }.joined() + "\r\n"
        }
        #expect(refusal { () throws(Refusal) in try HeadParser.parse(bytes(head(100))) } == nil)
        #expect(refusal { () throws(Refusal) in try HeadParser.parse(bytes(head(101))) } == .headTooLarge)
    }
}

@Suite struct `A good request head` {
    private func parse(_ text: String) throws(Refusal) -> RequestHead { try HeadParser.parse(bytes(text)) }

    @Test func `keeps its fields in order, names as they came, values trimmed`() throws {
        let head = try parse("POST /v1/x?y=1 HTTP/1.1\r\nHost: a\r\nX-One: \t 1 \t\r\nx-ONE:2\r\nEmpty:\r\n\r\n")
        #expect(head.method == .post && String(bytes: head.target) == "/v1/x?y=1")
        #expect(head.fields.all("x-one").map { String(bytes: $0) } == ["1", "2"])
        #expect(String(bytes: head.fields.name(2)) == "x-ONE")
        #expect(head.fields["empty"]?.isEmpty == true)
    }

    @Test(arguments: [
        ("Content-Length: 5\r\n", Framing.fixed(5)), ("Content-Length: 0\r\n", .none), ("", .none),
        ("Transfer-Encoding: Chunked \r\n", .chunked),
    ]) func `says how long its content is`(_ line: String, _ framing: Framing) throws {
        #expect(try parse("POST / HTTP/1.1\r\nHost: a\r\n\(line)\r\n").framing == framing)
    }

    @Test(arguments: [
        ("HTTP/1.1", "", true), ("HTTP/1.1", "Connection: x, Close\r\n", false),
        ("HTTP/1.0", "", false), ("HTTP/1.0", "Connection: keep-alive\r\n", false),
        ("HTTP/1.1", "Proxy-Connection: close\r\n", false),
    ]) func `says whether the connection stays`(_ version: String, _ line: String, _ stays: Bool) throws {
        #expect(try parse("GET / \(version)\r\nHost: a\r\n\(line)\r\n").keepAlive == stays)
    }

    @Test func `may be CONNECT without Host, as Python sends it`() throws {
        let head = try parse("CONNECT api.stripe.com:443 HTTP/1.0\r\n\r\n")
        #expect(head.method == .connect && !head.readsChunks)
    }

    @Test func `may wait for 100 Continue, in HTTP/1.1 only`() throws {
        #expect(try parse("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\n\r\n").expectsContinue)
        #expect(try !parse("POST / HTTP/1.0\r\nHost: a\r\nExpect: 100-continue\r\n\r\n").expectsContinue)
    }
}
