internal import VendorCatalogue
internal import Core
internal import VendorCatalogue

/// What `cofferdam run --allow … --cap …` asks for, without a configuration file.
package struct InlineOrder: Sendable {
    /// The run that it is for.
    package var runID: String
    /// `VENDOR:OPERATION` or `VENDOR:PATTERN`, as in `stripe:payment_intents.create`.
    package var allow: [String]
    /// US dollars that the run may spend in all; nil is no cap.
    package var capUSD: String?
    /// A folder of its own.
    package var stateDir: String

    package init(runID: String, allow: [String], capUSD: String?, stateDir: String) {
        (self.runID, self.allow, self.capUSD, self.stateDir) = (runID, allow, capUSD, stateDir)
    }
}

extension SettingsLoader {
    /// Settings with one policy for each vendor that is named, for one run; credentials are taken from the variables in
    /// which the vendor's SDKs look for them.
    /// - Throws: all problems at once; those of the arguments name `--allow` or `--cap` as their file.
    package static func inline(
        _ order: InlineOrder, environment: [String: String]
    ) throws(ConfigurationProblems) -> Settings {
        var reader = InlineReader(environment: environment)
        let settings = reader.read(order)
        guard reader.report.errors.isEmpty else { throw ConfigurationProblems(reader.report.errors) }
        return settings
    }
}

private struct InlineReader {
    let environment: [String: String]
    let report = Report()
    private var settings = Settings()

    init(environment: [String: String]) { self.environment = environment }

    mutating func read(_ order: InlineOrder) -> Settings {
        settings.stateDir = order.stateDir
        settings.store.sqlite = order.stateDir + "/cofferdam.sqlite"
        (settings.listen.proxy.port, settings.listen.admin.port) = (0, 0)
        settings.rules.ownAuthorities = settings.listen.ownAuthorities
        let cap = order.capUSD.flatMap(cap)
        for text in order.allow { allow(text, order.runID) }
        if order.allow.isEmpty { fail("--allow", "is missing; say what the run may do: --allow VENDOR:OPERATION") }
        share(cap, runID: order.runID)
        settings.warnings = report.warnings
        return settings
    }

    private mutating func allow(_ text: String, _ runID: String) {
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return fail("--allow", "expected VENDOR:OPERATION, found \"\(text)\"") }
        guard let vendor = settings.rules.vendors[parts[0]] ?? vendor(parts[0]) else { return }
        settings.rules.vendors[vendor.name] = vendor
        do {
            add(try vendor.endpoint(parts[1]), vendor.name, runID)
        } catch {
            fail("--allow", error.message + Spelling.hint(parts[1], vendor.operations.map(\.name)))
        }
    }

    private mutating func add(_ endpoint: EndpointPattern, _ vendor: String, _ runID: String) {
        if let at = settings.rules.policies.firstIndex(where: { $0.vendor == vendor }) {
            settings.rules.policies[at].endpoints.append(endpoint)
        } else {
            let policy = Policy(name: vendor, runs: Glob(runID), vendor: vendor, endpoints: [endpoint])
            settings.rules.policies.append(policy)
        }
    }

    /// Several vendors share the cap, so it is a budget then.
    private mutating func share(_ cap: Money?, runID: String) {
        if settings.rules.policies.count == 1 {
            settings.rules.policies[0].caps.total = cap
        } else if let cap {
            var budget = Budget(name: "cap")
            (budget.per, budget.caps.total) = ([.run], cap)
            settings.rules.budgets = [budget]
        }
        for at in settings.rules.policies.indices {
            settings.rules.policies[at].fingerprint = settings.rules.policies[at].content.fingerprint
        }
    }

    private func cap(_ text: String) -> Money? {
        if let money = Money(decimal: text) { return money }
        fail("--cap", "expected US dollars such as 20 or 0.50, found \"\(text)\"")
        return nil
    }

    private mutating func vendor(_ name: String) -> Vendor? {
        guard let bytes = Catalogue.file(name), var draft = CatalogueEntry.read(name, bytes, report) else {
            fail("--allow", "unknown vendor \"\(name)\"" + Spelling.hint(name, Catalogue.names))
            return nil
        }
        let variables = draft.environmentOrder
        let variable = variables.first { environment[$0]?.isEmpty == false } ?? variables.first ?? ""
        settings.credentialVariables.append(variable)
        let user = draft.userVariable.map { CredentialSource.User.environment($0) }
        let source = CredentialSource(keeper: .environment(variable), user: user)
        let problem = draft.fetch(source, CredentialReader(environment: environment))
        if let problem { report.add(Problem(file: name, "has no usable credential: \(problem)", severity: .warning)) }
        return draft.finished()
    }

    private func fail(_ argument: String, _ message: String) { report.add(Problem(file: argument, message)) }
}
