/// Takes a message's content out of a connection's bytes (RFC 9112, sections 6 and 7); a pure value.
package struct ContentDecoder: Sendable {
    package enum Step: Sendable, Equatable {
        /// More bytes are needed.
        case wait
        case content(ArraySlice<UInt8>)
        case end(trailers: Fields)
    }

    private enum State: Sendable, Equatable {
        case fixed(left: Int64)
        case size
        case chunk(left: Int64)
        case chunkEnd
        case trailers
        case done
        case broken
    }

    private var state: State
    /// Chunk sizes are short lines: a longer one carries extensions, which nobody here needs.
    private static let sizeLineLimit = 64
    private static let trailerLimit = 8 * 1024

    package init(_ framing: Framing) {
        switch framing {
        case .fixed(let length): state = .fixed(left: length)
        case .chunked: state = .size
        case .none, .untilClose: state = .done
        }
    }

    /// Takes what it can from the front of `input`, and shortens it by that.
    package mutating func next(_ input: inout ArraySlice<UInt8>) throws(Refusal) -> Step {
        do throws(Refusal) { return try step(&input) } catch {
            // Whoever tries again must not find an end in the same bytes.
            state = .broken
            throw error
        }
    }

    private mutating func step(_ input: inout ArraySlice<UInt8>) throws(Refusal) -> Step {
        while true {
            switch state {
            case .done: return .end(trailers: Fields())
            case .broken: throw .malformedRequest("content that broke its framing")
            case .fixed(0):
                state = .done
            case .fixed(let left):
                guard let piece = take(left, from: &input) else { return .wait }
                state = .fixed(left: left - Int64(piece.count))
                return .content(piece)
            case .size:
                guard let size = try chunkSize(&input) else { return .wait }
                state = size == 0 ? .trailers : .chunk(left: size)
            case .chunk(0): state = .chunkEnd
            case .chunk(let left):
                guard let piece = take(left, from: &input) else { return .wait }
                state = .chunk(left: left - Int64(piece.count))
                return .content(piece)
            case .chunkEnd:
                let end: [UInt8] = [0x0D, 0x0A]
                guard input.prefix(2).elementsEqual(end.prefix(input.count)) else {
                    throw .malformedRequest("a chunk longer than its size")
                }
                guard input.count >= 2 else { return .wait }
                input = input.dropFirst(2)
                state = .size
            case .trailers:
                guard let trailers = try trailerFields(&input) else { return .wait }
                state = .done
                return .end(trailers: trailers)
            }
        }
    }

    private func take(_ left: Int64, from input: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard !input.isEmpty else { return nil }
        let piece = input.prefix(Int(min(left, Int64(input.count))))
        input = input[piece.endIndex...]
        return piece
    }

    private func chunkSize(_ input: inout ArraySlice<UInt8>) throws(Refusal) -> Int64? {
        guard let end = input.prefix(Self.sizeLineLimit).firstIndex(of: 0x0A) else {
            if input.count >= Self.sizeLineLimit { throw .malformedRequest("a chunk size line that is too long") }
            return nil
        }
        let line = input[input.startIndex..<end]
        guard line.last == 0x0D, let size = hex(line.dropLast()) else {
            throw .malformedRequest("a chunk size that is not a hexadecimal number")
        }
        input = input[(end + 1)...]
        return size
    }

    private func hex(_ digits: ArraySlice<UInt8>) -> Int64? {
        guard (1...15).contains(digits.count) else { return nil }
        var value: Int64 = 0
        for digit in digits {
            guard let next = ASCII.hexValue(digit) else { return nil }
            value = value << 4 | Int64(next)
        }
        return value
    }

    private func trailerFields(_ input: inout ArraySlice<UInt8>) throws(Refusal) -> Fields? {
        guard let end = headEnd(input) else {
            if input.count > Self.trailerLimit { throw .headTooLarge }
            try HeadParser.checkLines(input, from: input.startIndex)
            return nil
        }
        guard end - input.startIndex <= Self.trailerLimit else { throw .headTooLarge }
        var lines = Lines(input[..<end])
        input = input[end...]
        return try HeadParser.fields(&lines)
    }

    /// Behind the empty line; with no trailers the empty line comes at once.
    private func headEnd(_ input: ArraySlice<UInt8>) -> Int? {
        if input.starts(with: [0x0D, 0x0A]) { return input.startIndex + 2 }
        return HeadScanner.end(in: input)
    }
}

/// Finds where a head ends.
package enum HeadScanner {
    /// The index behind the first CRLF CRLF, or nil. `from` skips what was already scanned.
    package static func end(in bytes: ArraySlice<UInt8>, from: Int? = nil) -> Int? {
        bytes.withUnsafeBufferPointer { buffer in
            var at = max(0, (from ?? bytes.startIndex) - bytes.startIndex) + 3
            while at < buffer.count {
                // Three of four positions need no closer look.
                switch buffer[at] {
                case 0x0A:
                    if buffer[at - 1] == 0x0D, buffer[at - 2] == 0x0A, buffer[at - 3] == 0x0D {
                        return bytes.startIndex + at + 1
                    }
                    at += 1
                case 0x0D: at += 1
                default: at += 4
                }
            }
            return nil
        }
    }
}
