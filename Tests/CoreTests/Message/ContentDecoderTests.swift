import Testing

@testable import Core

@Suite struct `Content of a message` {
    /// Everything that a decoder gives for these pieces.
    struct Decoded: Equatable {
        var content: [UInt8] = []
        var trailers: Fields?
        var rest: [UInt8] = []
        var refusal: String?
    }

    private func decode(_ framing: Framing, _ pieces: [ArraySlice<UInt8>]) -> Decoded {
        var decoder = ContentDecoder(framing)
        var decoded = Decoded()
        var waiting: [UInt8] = []
        for piece in pieces {
            waiting += piece
            var input = waiting[...]
            defer { waiting = Array(input) }
            do throws(Refusal) {
                while decoded.trailers == nil, try take(&decoder, &input, &decoded) {}
            } catch {
                decoded.refusal = error.code
                return decoded
            }
        }
        decoded.rest = waiting
        return decoded
    }

    /// One step; false when more bytes are needed.
    private func take(
        _ decoder: inout ContentDecoder, _ input: inout ArraySlice<UInt8>, _ decoded: inout Decoded
    ) throws(Refusal) -> Bool {
        switch try decoder.next(&input) {
        case .wait: return false
        case .content(let piece): decoded.content += piece
        case .end(let trailers): decoded.trailers = trailers
        }
        return true
    }

    private static let messages: [(Framing, String, Decoded)] = [
        (
            .chunked, "5\r\nhello\r\n0\r\n\r\nGET /",
            Decoded(content: Array("hello".utf8), trailers: Fields(), rest: Array("GET /".utf8))
        ),
        (
            .chunked, "A\r\n0123456789\r\n00c\r\nabcdefghijkl\r\n0\r\nX-Sum: 1\r\nX-Two: 2\r\n\r\n!",
            Decoded(
                content: Array("0123456789abcdefghijkl".utf8), trailers: Fields([("X-Sum", "1"), ("X-Two", "2")]),
                rest: Array("!".utf8))
        ),
        (.fixed(5), "helloGET", Decoded(content: Array("hello".utf8), trailers: Fields(), rest: Array("GET".utf8))),
        (.none, "GET", Decoded(content: [], trailers: Fields(), rest: Array("GET".utf8))),
    ]

    @Test(arguments: messages.indices) func `comes out the same, wherever it was cut`(_ index: Int) {
        let (framing, text, expected) = Self.messages[index]
        let all = Array(text.utf8)
        for first in 0...all.count {
            for second in first...all.count {
                #expect(decode(framing, [all[..<first], all[first..<second], all[second...]]) == expected)
            }
        }
        #expect(decode(framing, all.indices.map { all[$0...$0] }) == expected)
    }

    @Test(arguments: [
        "5;name=value\r\nhello\r\n0\r\n\r\n", "+5\r\nhello\r\n0\r\n\r\n", "-1\r\n", "0x5\r\nhello\r\n",
        " 5\r\nhello\r\n",
        "5 \r\nhello\r\n", "\r\n", "5\nhello\n0\n\n", "5\r\nhello0\r\n\r\n", "4\r\nhello\r\n0\r\n\r\n", "g\r\n",
        "FFFFFFFFFFFFFFFF\r\n", "7FFFFFFFFFFFFFFF\r\n", "10000000000000000\r\n", "5\r\nhello\n\n0\r\n\r\n",
        "0\r\nbad name: x\r\n\r\n", "0\r\n folded\r\n\r\n", "0\r\nX: a\nY: b\r\n\r\n",
        String(repeating: "0", count: 70) + "5\r\nhello\r\n0\r\n\r\n",
    ]) func `is refused when its chunks are not plain, wherever it was cut`(_ text: String) {
        let all = Array(text.utf8)
        for cut in 0...all.count {
            #expect(decode(.chunked, [all[..<cut], all[cut...]]).refusal == "malformed_request", "cut at \(cut)")
        }
    }

    /// The CRLF that ends a chunk is no empty trailers, for whoever asks once more.
    @Test(arguments: [
        "5\r\nhello\r\n0\r\nX\r\n\r\n", "5\r\nhello\r\n0\r\n\r\rX\r\n\r\n", "5\r\nhello\r\nx\r\n0\r\n\r\n",
    ])
    func `stays broken once its framing broke`(_ text: String) throws {
        var (decoder, input) = (ContentDecoder(.chunked), Array(text.utf8)[...])
        #expect(try decoder.next(&input) == .content(Array("hello".utf8)[...]))
        let rest = input
        for _ in 0..<3 {
            input = rest
            #expect(throws: Refusal.self) { try decoder.next(&input) }
        }
    }

    @Test func `has short trailers, wherever they were cut`() {
        let all = Array(("0\r\nX: " + String(repeating: "x", count: 9000) + "\r\n\r\n").utf8)
        #expect(decode(.chunked, [all[...]]).refusal == "head_too_large")
        #expect(decode(.chunked, [all[..<8500], all[8500...]]).refusal == "head_too_large")
    }
}

@Suite struct `The search for a head's end` {
    private func naive(_ bytes: [UInt8]) -> Int? {
        guard bytes.count >= 4 else { return nil }
        return (4...bytes.count).first { Array(bytes[($0 - 4)..<$0]) == [13, 10, 13, 10] }
    }

    @Test func `finds what a slow search finds`() {
        var dice = Chance(1)
        for _ in 0..<20_000 {
            let text = dice.letters(Int.random(in: 0...24, using: &dice), of: [13, 10, 120])
            let offset = Int.random(in: 0...3, using: &dice)
            let slice = ([UInt8](repeating: 10, count: offset) + text)[offset...]
            #expect(HeadScanner.end(in: slice) == naive(text).map { $0 + offset })
        }
    }

    @Test func `finds it too when it goes on where it stopped`() {
        var dice = Chance(2)
        for _ in 0..<5000 {
            let text = dice.letters(20, of: [13, 10, 120])
            let known = Int.random(in: 0...20, using: &dice)
            guard naive(Array(text[..<known])) == nil else { continue }
            #expect(HeadScanner.end(in: text[...], from: max(0, known - 3)) == naive(text))
        }
    }
}
