import Foundation

extension String {
    /// Whether it is in the one form that looks as it does (Unicode's NFC): what looks alike is then the same bytes, and
    /// one account.
    package var isNormal: Bool {
        utf8.allSatisfy { $0 < 0x80 } || utf8.elementsEqual(precomposedStringWithCanonicalMapping.utf8)
    }
}
