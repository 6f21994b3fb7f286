extension [UInt8] {
    /// Two digits for each byte, in lower case.
    package var hex: String {
        let digits = Array<UInt8>("0123456789abcdef".utf8)
        return String(bytes: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }

    package init?(hex text: some StringProtocol) {
        let digits = text.utf8.map { ASCII.hexValue($0) }
        guard digits.count % 2 == 0, !digits.contains(nil) else { return nil }
        self = stride(from: 0, to: digits.count, by: 2).map { (digits[$0] ?? 0) << 4 | (digits[$0 + 1] ?? 0) }
    }
}
