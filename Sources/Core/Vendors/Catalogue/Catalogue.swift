/// The built-in vendor entries: the files in `Catalogue/`, embedded in the program. A new file needs its line here.
package enum Catalogue {
    /// Bytes are made at their first use, so that a start pays only for the vendors that are configured.
    private static let files: [(name: String, bytes: @Sendable () -> [UInt8])] = [
        ("anthropic", { PackageResources.anthropic_yaml }),
        ("github", { PackageResources.github_yaml }),
        ("openai", { PackageResources.openai_yaml }),
        ("resend", { PackageResources.resend_yaml }),
        ("sendgrid", { PackageResources.sendgrid_yaml }),
        ("slack", { PackageResources.slack_yaml }),
        ("stripe", { PackageResources.stripe_yaml }),
        ("twilio", { PackageResources.twilio_yaml }),
    ]

    package static let names = files.map(\.name)

    /// The YAML of a vendor's entry.
    package static func file(_ name: String) -> [UInt8]? { files.first { $0.name == name }?.bytes() }
}
