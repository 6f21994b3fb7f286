/// Bytes that must not be seen: they hide from `print`, `dump`, mirrors and encoders.
package struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let bytes: [UInt8]

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    package var isEmpty: Bool { bytes.isEmpty }

    /// The bytes. Only `OriginClient` and the scrubber that guards its answers may ask.
    package func reveal() -> [UInt8] { bytes }

    package var description: String { "<secret>" }

    package var debugDescription: String { "<secret>" }

    package var customMirror: Mirror { Mirror(self, children: []) }
}
