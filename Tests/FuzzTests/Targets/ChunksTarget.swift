@testable import Core

/// Content in chunks: it comes out the same, wherever the connection cuts it, and so do its errors.
enum ChunksTarget {
    private struct Decoded: Equatable {
        var content: [UInt8] = []
        var trailers: Fields?
        var rest: [UInt8] = []
        var refusal: String?
    }

    static func check(_ bytes: [UInt8]) throws(Broken) {
        for framing in [Framing.chunked, .fixed(5)] {
            let all = Pieces.of(bytes).map { decode(framing, $0) }
            try hold(all.allSatisfy { $0 == all[0] }, "a cut changes what comes out")
            guard let trailers = all[0].trailers else { continue }
            try checkTrailers(trailers)
            let again = decode(.chunked, [written(all[0].content, trailers)[...]])
            try hold(
                again.content == all[0].content && again.trailers == trailers, "chunked again, it is other content")
        }
    }

    private static func checkTrailers(_ trailers: Fields) throws(Broken) {
        for index in 0..<trailers.count {
            try hold(isOneLine(trailers.name(index)) && isOneLine(trailers.value(index)), "a trailer has a line end")
        }
    }

    private static func decode(_ framing: Framing, _ pieces: [ArraySlice<UInt8>]) -> Decoded {
        var (decoder, decoded, waiting) = (ContentDecoder(framing), Decoded(), [UInt8]())
        for piece in pieces {
            waiting += piece
            var input = waiting[...]
            do throws(Refusal) {
                while decoded.trailers == nil, try step(&decoder, &input, &decoded) {}
            } catch {
                decoded.refusal = error.code
                return decoded
            }
            waiting = Array(input)
        }
        decoded.rest = waiting
        return decoded
    }

    /// One step; false when more bytes are needed.
    private static func step(
        _ decoder: inout ContentDecoder, _ input: inout ArraySlice<UInt8>, _ decoded: inout Decoded
    ) throws(Refusal) -> Bool {
        switch try decoder.next(&input) {
        case .wait: return false
        case .content(let piece): decoded.content += piece
        case .end(let trailers): decoded.trailers = trailers
        }
        return true
    }

    private static func written(_ content: [UInt8], _ trailers: Fields) -> [UInt8] {
        var text: [UInt8] = []
        for start in stride(from: 0, to: content.count, by: 7) {
            let piece = content[start..<min(start + 7, content.count)]
            text += "\(String(piece.count, radix: 16))\r\n".utf8 + piece + "\r\n".utf8
        }
        text += "0\r\n".utf8
        for index in 0..<trailers.count {
            text += trailers.name(index) + ":".utf8 + trailers.value(index) + "\r\n".utf8
        }
        return text + "\r\n".utf8
    }
}
