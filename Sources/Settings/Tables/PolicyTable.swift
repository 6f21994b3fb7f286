internal import Core

/// Reads `policies`.
struct PolicyTable {
    var vendors: VendorTable
    private(set) var policies: [Policy] = []

    init(vendors: VendorTable) { self.vendors = vendors }

    mutating func read(_ value: Value) {
        for value in value.list() ?? [] {
            guard let table = value.table(.policy), let policy = policy(table) else { continue }
            if policies.contains(where: { $0.name == policy.name }) {
                (table["name"] ?? value).fail("there are two policies \"\(policy.name)\"")
            }
            policies.append(policy)
        }
    }

    private func policy(_ table: Table) -> Policy? {
        let name = table.required("name")?.name("a policy's name")
        let runs = table.required("runs", " (which runs it is for; \"*\" is all)")?.glob()
        let vendorName = table.required("vendor").flatMap(vendorName)
        let endpoints = table.required("allowed_endpoints")
        guard let name, let runs, let vendorName, let endpoints else { return nil }
        var policy = Policy(name: name, runs: runs, vendor: vendorName, endpoints: [])
        policy.caps = Caps(table)
        (policy.place, policy.capsPlace) = (table.value.place, table.capsPlace)
        table.read("expires_in", into: &policy.lifetime) { $0.span(.seconds(1) ... .seconds(30 * 86_400)) }
        table.read("label", into: &policy.label) { $0.labelTemplate() }
        table.read("tags", into: &policy.tags) { $0.tags() }
        policy.only = table["only"]?.fieldRules() ?? []
        table.read("mode", into: &policy.observes) { $0.word(["enforce", "observe"]).map { $0 == "observe" } }
        table.read("required_tags", into: &policy.requiredTags) { $0.tagNames() }
        if let vendor = vendors.vendors[vendorName] { policy.read(table, endpoints, vendor) }
        return policy
    }

    private func vendorName(_ value: Value) -> String? {
        guard let name = value.text("a vendor's name") else { return nil }
        guard vendors.named.contains(name) else {
            value.fail("vendor \"\(name)\" is not configured" + Spelling.hint(name, vendors.named))
            return nil
        }
        return name
    }
}

extension Policy {
    /// What decides the tags of its keys decides with it.
    func fingerprinted(_ tagContent: String) -> Policy {
        var policy = self
        policy.fingerprint = (content + tagContent).fingerprint
        return policy
    }

    /// What needs the vendor's entry to be understood.
    fileprivate mutating func read(_ table: Table, _ list: Value, _ vendor: Vendor) {
        endpoints = list.list { $0.allowedEndpoint(vendor) } ?? []
        for entry in table["operations"]?.table()?.entries ?? [] {
            guard vendor.operations.contains(where: { $0.name == entry.name }) else {
                let hint = Spelling.hint(entry.name, vendor.operations.map(\.name))
                entry.key.fail("\(vendor.name) has no operation \"\(entry.name)\"" + hint)
                continue
            }
            guard let table = entry.value.table(.operationCaps) else { continue }
            let caps = Caps(table)
            operationCaps[entry.name] = caps.isEmpty ? nil : caps
            only += table["only"]?.fieldRules(operation: entry.name) ?? []
        }
        for entry in table["pinned"]?.table()?.entries ?? [] { pin(entry, vendor) }
    }

    private mutating func pin(_ entry: Table.Entry, _ vendor: Vendor) {
        let field = String(bytes: ASCII.lowercased(entry.name.utf8))
        let fields = vendor.pinnedFields + vendor.versionFields
        guard fields.contains(field) else {
            let known = fields.isEmpty ? "none" : fields.joined(separator: ", ")
            return entry.key.fail("\(vendor.name) has no pinned field \"\(entry.name)\" (it has: \(known))")
        }
        pinned[field] = entry.value.oneOrMore { $0.text("a value of the field") }
    }
}

extension Value {
    /// `{run}` and `{policy}` are filled in.
    fileprivate func labelTemplate() -> String? {
        guard let text = text("a label such as \"{run}\"") else { return nil }
        let rest = text.split(separator: "{run}").flatMap { $0.split(separator: "{policy}") }
        guard rest.allSatisfy({ !$0.contains("{") && !$0.contains("}") }) else {
            return expected("a label in which only {run} and {policy} are filled in")
        }
        return text
    }
}
