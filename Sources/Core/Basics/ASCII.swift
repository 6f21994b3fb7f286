/// ASCII helpers over bytes. Decisions are never made on `String`: its equality is canonical equivalence.
package enum ASCII {
    package static func lower(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }

    package static func lowercased(_ bytes: some Sequence<UInt8>) -> [UInt8] { bytes.map(lower) }

    /// Whether `bytes`, in lower case, are the lower-case text.
    package static func equal(_ bytes: ArraySlice<UInt8>, _ lowerText: String) -> Bool {
        guard bytes.count == lowerText.utf8.count else { return false }
        var text = lowerText
        return text.withUTF8 { text in bytes.withUnsafeBufferPointer { equal($0[...], text) } }
    }

    /// The same in plain memory.
    static func equal(_ bytes: Slice<UnsafeBufferPointer<UInt8>>, _ lowerText: UnsafeBufferPointer<UInt8>) -> Bool {
        guard bytes.count == lowerText.count else { return false }
        for (byte, letter) in zip(bytes, lowerText) where lower(byte) != letter { return false }
        return true
    }

    /// Whether they are the same in lower case.
    static func alike(_ bytes: ArraySlice<UInt8>, _ text: String) -> Bool {
        bytes.count == text.utf8.count && zip(bytes, text.utf8).allSatisfy { lower($0) == lower($1) }
    }

    /// Whether `bytes`, in lower case, begin with the lower-case text.
    static func begins(_ bytes: ArraySlice<UInt8>, with lowerText: String) -> Bool {
        guard let first = bytes.first, lower(first) == lowerText.utf8.first else { return false }
        return equal(bytes.prefix(lowerText.utf8.count), lowerText)
    }

    /// Without spaces and tabs at both ends.
    package static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var slice = bytes
        while let first = slice.first, first == 0x20 || first == 0x09 { slice.removeFirst() }
        while let last = slice.last, last == 0x20 || last == 0x09 { slice.removeLast() }
        return slice
    }

    package static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    package static func isAlphanumeric(_ byte: UInt8) -> Bool { isDigit(byte) || (byte | 0x20) &- 0x61 < 26 }

    /// A `tchar` of RFC 9110, section 5.6.2.
    package static func isToken(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || tokenSymbols.contains(byte)
    }

    private static let tokenSymbols = Set("!#$%&'*+-.^_`|~".utf8)

    package static func hexValue(_ byte: UInt8) -> UInt8? {
        if isDigit(byte) { return byte - 0x30 }
        let letter = byte | 0x20
        return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : nil
    }
}

extension String {
    /// Bytes that were checked to be ASCII or UTF-8 as text; anything else is repaired, for display only.
    package init(bytes: some Collection<UInt8>) { self = String(decoding: bytes, as: UTF8.self) }
}
