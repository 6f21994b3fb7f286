@testable import Core
@testable import Settings

/// A configuration: whatever is wrong is reported, within the file, and no message shows a secret.
enum SettingsTarget {
    private static let secret = "sk_test_fuzzfuzzfuzz"

    static func check(_ bytes: [UInt8]) throws(Broken) {
        let source = SettingsLoader.source("/nowhere/proxy.conf")
        // Nothing here may start a program.
        var left = 2000
        if let root = Document.read(bytes, source), mayStart(root, &left) { return }
        let loaded = load(bytes, ["HOME": "/nowhere", "STRIPE_API_KEY": secret, "KEY": secret])
        switch loaded {
        case .success(let settings): try checkUsable(settings, bytes)
        case .failure(let error):
            try hold(!error.problems.isEmpty, "refused without a reason")
            try checkProblems(error.problems, bytes)
        }
    }

    private static func load(_ bytes: [UInt8], _ environment: [String: String]) -> Result<
        Settings, ConfigurationProblems
    > {
        let source = SettingsLoader.source("/nowhere/proxy.conf")
        do throws(ConfigurationProblems) {
            return .success(try SettingsLoader.load(bytes, source, environment, 1))
        } catch {
            return .failure(error)
        }
    }

    private static func checkUsable(_ settings: Settings, _ bytes: [UInt8]) throws(Broken) {
        try checkProblems(settings.warnings + Suspicions.all(settings), bytes)
        _ = Exposure.lines(settings.rules)
        for vendor in settings.rules.vendors.values {
            try hold(!vendor.primaryHost.isEmpty, "a vendor without a host")
            for operation in vendor.operations {
                let again = try? EndpointPattern(operation.endpoint.text)
                try hold(again == operation.endpoint, "\(operation.endpoint.text) is read again as another")
            }
        }
        for policy in settings.rules.policies {
            try hold(settings.rules.vendors[policy.vendor] != nil, "a policy for a vendor that is not there")
        }
    }

    private static func checkProblems(_ problems: [Problem], _ bytes: [UInt8]) throws(Broken) {
        // YAML has more line ends than we count, but not more lines than bytes.
        let lines = bytes.count + 1
        // What stands in the file itself may be shown.
        let pasted = place(of: Array(secret.utf8), in: bytes) != nil
        for problem in problems {
            try hold((0...lines).contains(problem.line), "line \(problem.line) of \(lines)")
            try hold(pasted || !problem.description.contains(secret), "a message shows a secret")
        }
    }

    /// Whether it names a command anywhere, or is too large to be sure.
    private static func mayStart(_ value: Value, _ left: inout Int) -> Bool {
        left -= 1
        guard left > 0 else { return true }
        if value.scalar == "command" { return true }
        if value.isTable {
            let entries = value.table()?.entries ?? []
            for entry in entries where entry.name == "command" || mayStart(entry.value, &left) { return true }
            return false
        }
        guard value.scalar == nil else { return false }
        for member in value.list() ?? [] where mayStart(member, &left) { return true }
        return false
    }
}
