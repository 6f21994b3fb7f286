import Core
import Foundation
import Testing
import VendorCatalogue

@testable import Settings

/// Files that go with the program.
private enum Shipped {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../..").standardizedFileURL

    static let example = root.appendingPathComponent("proxy.conf.example")
    static let manual = root.appendingPathComponent("man/proxy.conf.5")
}

@Suite struct `The example` {
    @Test func `passes check without a warning`() throws {
        let environment = [
            "STRIPE_API_KEY": "sk_test_1", "TWILIO_AUTH_TOKEN": "0a1b2c", "TWILIO_ACCOUNT_SID": "AC1",
            "ACME_KEY": "acme_t_1", "COFFERDAM_DJANGO_SECRET": "a-secret-of-many-letters",
        ]
        let checked = try SettingsLoader.check(
            path: Shipped.example.path, environment: environment, volatile: { _ in nil })
        #expect(checked.warnings.map(\.description) == [])
        #expect(checked.exposure.count == 3)
        #expect(checked.settings.rules.vendors.count == 3)
    }

    @Test(arguments: Settings.knownKeys)
    func `shows every key`(table: KnownTable) throws {
        let text = try String(contentsOf: Shipped.example, encoding: .utf8)
        #expect(table.keys.filter { !text.contains("\($0):") } == [])
    }
}

@Suite struct `The manual` {
    /// `daily_usd_cap` in `.It Ic daily_usd_cap , total_usd_cap`, or `prefix` in `.Ic prefix`.
    @Test(arguments: Settings.knownKeys)
    func `describes every key`(table: KnownTable) throws {
        let text = try String(contentsOf: Shipped.manual, encoding: .utf8)
        let lines = text.split(separator: "\n").filter { $0.hasPrefix(".It Ic ") || $0.hasPrefix(".Ic ") }
        let words = Set(lines.flatMap { $0.split(separator: " ").map(String.init) })
        #expect(table.keys.filter { !words.contains($0) } == [])
    }

    @Test func `names every vendor of the catalogue`() throws {
        let text = try String(contentsOf: Shipped.manual, encoding: .utf8)
        #expect(Catalogue.names.filter { !text.contains($0) } == [])
    }

    @Test(.enabled(if: Mandoc.mustRun, "mandoc is not installed"))
    func `is clean mdoc`() throws {
        let findings = try Mandoc.lint(Shipped.manual)
        #expect(findings.filter { !$0.contains("STYLE:") } == [])
    }
}

/// The judge of manual pages.
private enum Mandoc {
    static var path: String? {
        ["/usr/bin/mandoc", "/usr/local/bin/mandoc"].first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// Skipped where it is missing, but never in CI: there it fails.
    static var mustRun: Bool { path != nil || ProcessInfo.processInfo.environment["CI"] != nil }

    static func lint(_ page: URL) throws -> [String] {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: try #require(path, "mandoc is not installed"))
        process.arguments = ["-Tlint", page.path]
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text.split(separator: "\n").map(String.init)
    }
}
