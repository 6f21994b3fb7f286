/// Puts bytes one after another into memory of its own: what an array does, without its checks for each piece.
struct ByteWriter: ~Copyable {
    private var memory: UnsafeMutableRawBufferPointer
    private var count = 0

    init(capacity: Int) { memory = .allocate(byteCount: max(capacity, 16), alignment: 1) }

    deinit { memory.deallocate() }

    mutating func append(_ byte: UInt8) {
        if count == memory.count { grow(by: 1) }
        memory[count] = byte
        count += 1
    }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        if bytes.count > memory.count - count { grow(by: bytes.count) }
        UnsafeMutableRawBufferPointer(rebasing: memory[count...]).copyMemory(from: bytes)
        count += bytes.count
    }

    mutating func append(_ text: StaticString) {
        append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends a quoted, escaped JSON string.
    mutating func append(quoted text: String) {
        append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { utf8 in
            if JSONText.isPlain(utf8) {
                append(UnsafeRawBufferPointer(utf8))
            } else {
                var escaped: [UInt8] = []
                JSONText.appendEscaped(utf8, to: &escaped)
                escaped.withUnsafeBytes { append($0) }
            }
        }
        append(UInt8(ascii: "\""))
    }

    /// Appends a number in decimal, with zeros before it up to `digits`.
    mutating func append(_ number: UInt64, digits: Int = 1) {
        withUnsafeTemporaryAllocation(byteCount: 20, alignment: 1) { room in
            var (rest, start) = (number, 20)
            repeat {
                start -= 1
                room[start] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest > 0 || 20 - start < digits
            append(UnsafeRawBufferPointer(rebasing: room[start...]))
        }
    }

    var bytes: [UInt8] { Array(memory[..<count]) }

    private mutating func grow(by more: Int) {
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: 2 * (count + more), alignment: 1)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[..<count]))
        memory.deallocate()
        memory = larger
    }
}
