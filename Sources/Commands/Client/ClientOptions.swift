internal import ArgumentParser

/// What every command that speaks to a running sidecar takes.
struct ClientOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "The configuration that says where the sidecar listens.",
            discussion: "COFFERDAM_ADMIN and COFFERDAM_TOKEN in the environment stand above it.", valueName: "path"))
    var config: String?

    /// The way to the running sidecar.
    func client() throws -> AdminClient { try AdminClient(AdminAddress.find(config: config)) }
}

/// The same, for commands whose answer a program may read.
struct OutputOptions: ParsableArguments {
    @Flag(name: .long, help: "Print JSON, for programs.")
    var json = false
}
