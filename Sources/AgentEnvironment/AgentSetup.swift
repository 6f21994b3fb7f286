package import FoundationEssentials

/// What a process needs to become an agent of a run: its environment, the files that this names, and what to tell
/// the user. Made from ``AgentSurroundings`` alone; ``write(readableByAll:)`` is what touches the disk.
package struct AgentSetup: Sendable {
    /// A file in the setup's folder. None holds a secret.
    package struct File: Sendable, Equatable {
        /// Relative to the folder.
        package let path: String
        package let content: Data
    }

    /// Variables of Cofferdam's and Keybrake's operators, which an agent has no use for.
    package static let controlVariables: Set<String> = ["KEYBRAKE_TOKEN", "KEYBRAKE_API_KEY"]

    /// The whole environment of the child.
    package internal(set) var environment: [String: String]
    /// What differs from the parent's.
    package var set: [String: String] { environment.filter { parent[$0.key] != $0.value } }
    /// What the parent has and the child must not; sorted.
    package var removed: [String] { parent.keys.filter { environment[$0] == nil }.sorted() }
    package internal(set) var files: [File] = []
    /// Worth knowing: what was removed and why, what will not work.
    package internal(set) var notes: [String] = []
    /// Worth acting on: what weakens the isolation, or lost something that the user had set.
    package internal(set) var warnings: [String] = []

    let folder: String
    let runID: String
    private let parent: [String: String]

    package init(_ surroundings: AgentSurroundings) {
        environment = surroundings.parent
        parent = surroundings.parent
        folder = surroundings.folder
        runID = surroundings.runID
        hideSecrets(surroundings)
        pointToProxy(surroundings)
        trustAuthority(surroundings)
        prepareRuntimes(surroundings)
        quietFrameworks()
        nameRun(surroundings)
        warnOfDotenv(surroundings)
    }

    /// The absolute path of a file of the setup.
    func place(_ name: String) -> String { folder + "/" + name }

    mutating func add(_ path: String, _ content: Data) {
        files.append(File(path: path, content: content))
    }

    mutating func add(_ path: String, _ content: String) {
        add(path, Data(content.utf8))
    }

    /// Puts `value` behind what the variable holds, unless it is there: a setup may be made in an agent's shell.
    mutating func append(_ value: String, to name: String, separator: String) {
        let before = environment[name] ?? ""
        guard !before.contains(value) else { return }
        environment[name] = before.isEmpty ? value : before + separator + value
    }

    /// The run, the gateway, and what vendors' SDKs want to find.
    private mutating func nameRun(_ surroundings: AgentSurroundings) {
        if !surroundings.isProgram { environment["COFFERDAM_RUN_ID"] = surroundings.runID }
        environment["COFFERDAM_GATEWAY"] = surroundings.gateway
        for vendor in surroundings.vendors {
            for (name, value) in vendor.environment {
                environment[name] = value.replacing("{run_secret}", with: surroundings.runSecret)
            }
            guard surroundings.usesBaseURLs else { continue }
            for (name, path) in vendor.baseURLVariables { environment[name] = surroundings.gateway + path }
        }
        if surroundings.awsConfigured { environment["AWS_EC2_METADATA_DISABLED"] = "true" }
        environment.merge(surroundings.own) { $1 }
    }
}
