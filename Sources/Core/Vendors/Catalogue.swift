/// The built-in vendor entries: the files in `Catalogue/`, embedded in the program. A new file needs its line here.
package enum Catalogue {
    /// Bytes are made at their first use, so that a start pays only for the vendors that are configured.
    private static let files: [(name: String, bytes: @Sendable () -> [UInt8])] = [
        ("stripe", { PackageResources.stripe_yaml })
    ]

    package static let names = files.map(\.name)

    /// The YAML of a vendor's entry.
    package static func file(_ name: String) -> [UInt8]? { files.first { $0.name == name }?.bytes() }
}
