internal import Core

/// Puts the tables of one file together.
struct SettingsReader {
    var environment: [String: String]
    var isRoot: Bool

    /// What the file says; what is wrong with it is in the source's report.
    func read(_ root: Value?, _ source: Source) -> Settings {
        var settings = Settings()
        let table = root?.table(.top) ?? Table(value: .nothing(source), entries: [])
        if let value = table["listen"] { settings.listen.read(value) }
        if let value = table["spend"] { settings.spend.read(value) }
        readState(table, source, into: &settings)
        readRules(table, into: &settings)
        return settings
    }

    private func readState(_ table: Table, _ source: Source, into settings: inout Settings) {
        if let value = table["state_dir"] {
            settings.stateDir = value.path() ?? ""
        } else if let folder = StateFolder.byDefault(environment, isRoot: isRoot) {
            settings.stateDir = folder
        } else {
            source.report.add(Problem(file: source.name, "\"state_dir\" is missing, and HOME is not set"))
        }
        if let value = table["store"] { settings.store.read(value) }
        if let value = table["secrets"] { settings.secrets.read(value) }
        settings.secrets.complete(settings.stateDir)
        if settings.store.sqlite.isEmpty { settings.store.sqlite = settings.stateDir + "/cofferdam.sqlite" }
    }

    private func readRules(_ table: Table, into settings: inout Settings) {
        let credentials = CredentialReader(environment: environment, secrets: settings.secrets)
        var vendors = VendorTable(credentials: credentials)
        if let value = table["vendors"] { vendors.read(value) }
        if let value = table["tags"] { settings.rules.tagRules.read(value) }
        var policies = PolicyTable(vendors: vendors)
        if let value = table["policies"] { policies.read(value) }
        var budgets = BudgetTable(vendors: vendors.named)
        if let value = table["budgets"] { budgets.read(value) }
        var trusted = TrustedTable(
            credentials: credentials, vendors: vendors.named, policies: policies.policies.map(\.name))
        if let value = table["trusted"] { trusted.read(value) }
        settings.credentialVariables = Set(vendors.variables + trusted.variables).sorted()
        settings.trustedSources = trusted.sources
        settings.rules.vendors = vendors.vendors
        settings.rules.budgets = budgets.budgets
        settings.rules.trusted = trusted.programs
        settings.rules.policies = policies.policies.map { $0.fingerprinted(settings.rules.tagContent) }
        settings.rules.ownAuthorities = settings.listen.ownAuthorities
        settings.rules.ownRuns = Set(settings.listen.runs.map(\.run))
        if let value = table["currencies"] { CurrencyTable.read(value, into: &settings.rules.rates) }
        if let value = table["egress"] { EgressTable.read(value, into: &settings.rules) }
        if let value = table["virtual_hosts"] { VirtualHostTable.read(value, into: &settings.rules) }
    }
}
