import Core
import Foundation

@testable import Settings

/// A configuration file in a temporary folder.
struct Configuration {
    let folder: String
    var environment: [String: String]

    init(environment: [String: String] = ["HOME": "/home/u", "STRIPE_API_KEY": "sk_test_real0123456789"]) throws {
        folder = NSTemporaryDirectory() + "settings-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        self.environment = environment
    }

    var path: String { folder + "/proxy.conf" }

    @discardableResult
    func write(_ text: String, to name: String = "proxy.conf", mode: Int = 0o600) throws -> String {
        let path = folder + "/" + name
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        return path
    }

    /// What a file with this text says.
    func load(_ text: String) throws -> Settings {
        try write(text)
        return try SettingsLoader.load(path: path, environment: environment)
    }

    /// The problems of a file with this text, as a user sees them.
    func problems(_ text: String) throws -> [String] {
        do {
            _ = try load(text)
            return []
        } catch let problems as ConfigurationProblems {
            return problems.problems.map(\.description)
        }
    }
}

/// The least that a policy needs.
let stripe = """
    vendors:
      stripe:
        credential: { env: STRIPE_API_KEY }

    """
