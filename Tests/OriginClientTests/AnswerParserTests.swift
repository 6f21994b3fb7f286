import Core
import Testing

@testable import OriginClient

@Suite struct `A head that is read line by line` {
    @Test func `keeps names, values and order`() throws {
        let head = try head(of: ["HTTP/1.1 200 Fine thing", "X-One:1", "x-ONE: \t2 \t", "Empty:"])
        #expect(head.status == 200)
        #expect(head.reason == Array("Fine thing".utf8))
        #expect(head.fields == Fields([("X-One", "1"), ("x-ONE", "2"), ("Empty", "")]))
    }

    @Test func `may have no reason phrase`() throws {
        #expect(try head(of: ["HTTP/1.1 204"]).status == 204)
        #expect(try head(of: ["HTTP/1.0 999 "]).status == 999)
    }

    @Test(arguments: [
        ("HEAD", 200, ["Content-Length: 5"], Framing.none), ("GET", 204, [], .none), ("GET", 304, [], .none),
        ("GET", 304, ["Content-Length: 5"], .none), ("GET", 200, ["Content-Length: 0"], .fixed(0)),
        ("GET", 200, ["content-LENGTH: 05"], .fixed(5)), ("GET", 200, ["Transfer-Encoding: Chunked"], .chunked),
        ("GET", 200, [], .untilClose), ("GET", 200, ["Content-Length: 7", "Content-Length: 7"], .fixed(7)),
    ])
    func `says how long the content is`(method: String, status: Int, fields: [String], framing: Framing) throws {
        #expect(try head(of: ["HTTP/1.1 \(status) X"] + fields, method: method).framing == framing)
    }

    @Test(arguments: [
        "HTTP/1.1 20 OK", "HTTP/1.1 2000 OK", "HTTP/1.1 099 OK", "HTTP/1.1  200 OK", "HTTP/1.1 200OK", "HTTP/2 200 OK",
        "HTTP/1.2 200 OK", "http/1.1 200 OK", " HTTP/1.1 200 OK", "HTTP/1.1 +20 OK", "HTTP/1.1 101 Switching",
        "ICY 200",
        "HTTP/1.1 200 O\u{1}K", "HTTP/1.1 200 O\rK", "",
    ])
    func `needs a true status line`(line: String) {
        #expect(throws: AnswerError.self) { try head(of: [line]) }
    }

    @Test(arguments: [
        "X-Name : 1", " X-Name: 1", "\tX-Name: 1", ": 1", "X-Name", "X Name: 1", "X-N\u{e4}me: 1", "X-Name: a\u{0}b",
        "X-Name: a\u{1}b", "X-Name: a\rb", "X-Name: a\u{7f}b", "X(Name): 1", "Content-Length: +5",
        "Content-Length: 5, 5", "Content-Length:", "Content-Length: 5x", "Content-Length: 9999999999999999999",
        "Content-Length: -1", "Transfer-Encoding: gzip", "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: chunked, chunked", "Transfer-Encoding:", "Transfer-Encoding: xchunked",
    ])
    func `has no malformed field`(line: String) {
        #expect(throws: AnswerError.self) { try head(of: ["HTTP/1.1 200 OK", line]) }
    }

    @Test(arguments: [
        ["Content-Length: 5", "Content-Length: 6"], ["Content-Length: 5", "Transfer-Encoding: chunked"],
        ["Transfer-Encoding: chunked", "Content-Length: 5"],
        ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"],
    ])
    func `does not contradict itself`(fields: [String]) {
        #expect(throws: AnswerError.self) { try head(of: ["HTTP/1.1 200 OK"] + fields) }
    }

    @Test func `keeps bytes beyond ASCII in values`() throws {
        #expect(
            try head(of: ["HTTP/1.1 200 OK", "X: \u{e4}\t\u{20ac}"]).fields["x"] == Array("\u{e4}\t\u{20ac}".utf8)[...])
    }

    @Test func `has a budget that counts interim heads too`() throws {
        var parser = AnswerParser(answersHead: false)
        let filler = "X: " + String(repeating: "a", count: 8189) + "\r\n"
        #expect(throws: AnswerError.self) {
            for _ in 0..<8 {
                for line in ["HTTP/1.1 103 X\r\n", filler, "\r\n"] { _ = try take(line, &parser) }
            }
        }
    }

    @Test func `comes after 32 interim heads at most`() throws {
        var parser = AnswerParser(answersHead: false)
        for _ in 0..<32 { for line in ["HTTP/1.1 103 X\r\n", "\r\n"] { _ = try take(line, &parser) } }
        _ = try take("HTTP/1.1 103 X\r\n", &parser)
        #expect(throws: AnswerError.self) { try take("\r\n", &parser) }
    }

    @Test func `is followed by trailers under the same rules`() throws {
        var parser = AnswerParser(answersHead: false)
        for line in ["HTTP/1.1 200 OK\r\n", "\r\n", "X-Sum: 42 \r\n", "\r\n"] { _ = try take(line, &parser) }
        #expect(parser.trailers == Fields([("X-Sum", "42")]))
        #expect(throws: AnswerError.self) { try take("X-Sum : 42\r\n", &parser) }
    }

    private func head(of lines: [String], method: String = "GET") throws -> AnswerHead {
        var parser = AnswerParser(answersHead: method == "HEAD")
        for line in lines + [""] {
            if case .head(let head) = try take(line + "\r\n", &parser) { return head }
        }
        throw AnswerError("no head")
    }

    private func take(_ line: String, _ parser: inout AnswerParser) throws -> AnswerParser.Step {
        try Array(line.utf8).withUnsafeBufferPointer { try parser.take($0) }
    }
}
