import FoundationEssentials

extension AgentSetup {
    /// Ways to AWS credentials other than keys in variables: with placeholder keys they would be tried, or mixed in.
    private static let awsCredentialVariables: Set<String> = [
        "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_PROFILE", "AWS_DEFAULT_PROFILE",
        "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    ]

    /// Shorter values are hidden only where they are the whole value: they occur in others by chance.
    private static let shortestPart = 8

    /// Removes every variable that holds a real credential, by its name or by its value.
    mutating func hideSecrets(_ surroundings: AgentSurroundings) {
        let shapes = surroundings.secrets.filter { !$0.isEmpty }.flatMap(Self.shapes)
        for (name, value) in environment.sorted(by: { $0.key < $1.key }) {
            if Self.isControl(name, surroundings) {
                environment[name] = nil
            } else if Self.holds(value, shapes) {
                environment[name] = nil
                if !isVendors(name, surroundings) { notes.append("removed \(name): a vendor's credential is in it") }
            } else if let vendor = Self.vendorOfKey(value, surroundings.vendors) {
                environment[name] = nil
                if !isVendors(name, surroundings) {
                    notes.append("removed \(name): it looks like a credential of \(vendor)")
                }
            }
        }
    }

    /// Nobody misses these: a placeholder takes their place.
    private func isVendors(_ name: String, _ surroundings: AgentSurroundings) -> Bool {
        surroundings.vendors.contains { $0.environment[name] != nil }
    }

    private static func isControl(_ name: String, _ surroundings: AgentSurroundings) -> Bool {
        if surroundings.secretVariables.contains(name) { return true }
        if surroundings.awsConfigured && awsCredentialVariables.contains(name) { return true }
        if surroundings.kept.contains(name) { return false }
        return controlVariables.contains(name) || name.hasPrefix("COFFERDAM_")
    }

    private static func holds(_ value: String, _ shapes: [String]) -> Bool {
        shapes.contains(value)
            || ([value] + unpacked(value)).contains { text in
                shapes.contains { $0.utf8.count >= shortestPart && text.contains($0) }
            }
    }

    /// A secret as it may stand in a URL or a JSON value.
    private static func shapes(of secret: String) -> [String] {
        let encoded = secret.utf8.map { isUnreserved($0) ? String(UnicodeScalar($0)) : "%" + hex($0) }.joined()
        let escaped = secret.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return Array(Set([secret, encoded, encoded.lowercased(), escaped]))
    }

    /// What stands in a value as base64, with either alphabet: `Basic …` holds a name before the secret.
    private static func unpacked(_ value: String) -> [String] {
        value.split { !($0.isASCII && ($0.isLetter || $0.isNumber || "+/-_".contains($0))) }
            .filter { $0.utf8.count >= shortestPart }
            .compactMap { token in
                let usual = token.replacing("-", with: "+").replacing("_", with: "/")
                let padding = String(repeating: "=", count: (4 - usual.utf8.count % 4) % 4)
                return Data(base64Encoded: usual + padding).map { String(decoding: $0, as: UTF8.self) }
            }
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }

    private static func hex(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }

    /// The vendor whose real keys look like this value: a prefix of its own, and at least 16 more characters.
    static func vendorOfKey(_ value: String, _ vendors: [AgentSurroundings.Vendor]) -> String? {
        vendors.first { vendor in
            guard !vendor.environment.values.contains(value) else { return false }
            return vendor.keyPrefixes.contains { prefix in
                guard !prefix.isEmpty, value.hasPrefix(prefix) else { return false }
                let rest = value.utf8.dropFirst(prefix.utf8.count)
                return rest.count >= 16 && rest.allSatisfy(isUnreserved)
            }
        }?.name
    }
}
