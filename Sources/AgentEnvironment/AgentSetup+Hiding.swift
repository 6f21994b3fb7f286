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
        var looking: [String] = []
        for (name, value) in environment {
            if Self.isControl(name, surroundings) || Self.holds(value, shapes) {
                environment[name] = nil
            } else if let vendor = Self.vendorOfKey(value, surroundings.vendors) {
                environment[name] = nil
                looking.append("removed \(name): it looks like a credential of \(vendor)")
            }
        }
        notes += looking.sorted()
    }

    private static func isControl(_ name: String, _ surroundings: AgentSurroundings) -> Bool {
        if surroundings.secretVariables.contains(name) { return true }
        if surroundings.awsConfigured && awsCredentialVariables.contains(name) { return true }
        if surroundings.kept.contains(name) { return false }
        return controlVariables.contains(name) || name.hasPrefix("COFFERDAM_")
    }

    private static func holds(_ value: String, _ shapes: [String]) -> Bool {
        shapes.contains { value == $0 || ($0.utf8.count >= shortestPart && value.contains($0)) }
    }

    /// A secret as it may stand in a URL, a header or a JSON value.
    static func shapes(of secret: String) -> [String] {
        let bytes = Array(secret.utf8)
        let encoded = bytes.map { isUnreserved($0) ? String(UnicodeScalar($0)) : "%" + hex($0) }.joined()
        let escaped = secret.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        // Base64 of a longer text holds the secret's own only from the third byte on, so it is looked for whole,
        // as a token and as either half of `name:password` with the other half empty.
        let wholes = [bytes, bytes + [0x3a], [0x3a] + bytes].map { Data($0).base64EncodedString() }
        return Array(Set([secret, encoded, encoded.lowercased(), escaped] + wholes))
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
