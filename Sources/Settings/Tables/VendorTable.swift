internal import Core
internal import VendorCatalogue

/// Reads `vendors`.
struct VendorTable {
    var credentials: CredentialReader
    private(set) var vendors: [String: Vendor] = [:]
    /// Also those that could not be read: who names them has not made the mistake.
    private(set) var named: Set<String> = []
    /// Variables that hold real credentials.
    private(set) var variables: [String] = []

    init(credentials: CredentialReader) { self.credentials = credentials }

    mutating func read(_ value: Value) {
        guard let table = value.table() else { return }
        for entry in table.entries {
            named.insert(entry.name)
            if let vendor = vendor(entry) { vendors[entry.name] = vendor }
        }
    }

    private mutating func vendor(_ entry: Table.Entry) -> Vendor? {
        guard Self.isName(entry.name) else {
            entry.key.fail(
                "\"\(entry.name)\" is not a vendor's name: small letters, digits, \"-\" and \"_\" (at most 64)")
            return nil
        }
        guard let table = entry.value.table(.vendor), let start = base(entry, table) else { return nil }
        var draft = start
        draft.apply(table)
        draft.vendor.place = entry.key.place
        checkHosts(draft.vendor, entry)
        fetchCredential(&draft, entry, table)
        return draft.finished()
    }

    /// It stands in the gateway's paths.
    private static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x5F
            }
    }

    /// The catalogue's entry, or nothing for a vendor of the user's own.
    private func base(_ entry: Table.Entry, _ table: Table) -> VendorDraft? {
        if let bytes = Catalogue.file(entry.name) {
            return CatalogueEntry.read(entry.name, bytes, entry.key.source.report)
        }
        if table["hosts"] != nil { return VendorDraft(name: entry.name) }
        entry.key.fail(
            "unknown vendor \"\(entry.name)\"" + Spelling.hint(entry.name, Catalogue.names)
                + (Spelling.hint(entry.name, Catalogue.names).isEmpty ? ";" : " Otherwise")
                + " a vendor that is not in the catalogue needs \"hosts\" and \"credential\"")
        return nil
    }

    /// A host tells which credential is used, so two vendors can't have the same.
    private func checkHosts(_ vendor: Vendor, _ entry: Table.Entry) {
        for other in vendors.values.sorted(by: { $0.name < $1.name }) {
            if let host = vendor.hosts.first(where: other.hosts.contains) {
                entry.key.fail("vendor \"\(other.name)\" has the host \(host) already")
            }
        }
        for (index, host) in vendor.hosts.enumerated() where vendor.hosts[..<index].contains(host) {
            entry.key.fail("the host \(host) is listed twice")
        }
    }

    private mutating func fetchCredential(_ draft: inout VendorDraft, _ entry: Table.Entry, _ table: Table) {
        guard let source = draft.credential else {
            if table["credential"] == nil {
                let variable = draft.environmentOrder.first ?? entry.name.uppercased() + "_API_KEY"
                entry.key.fail("vendor \"\(entry.name)\" has no credential; add credential: { env: \(variable) }")
            }
            return
        }
        if let name = source.variable { variables.append(name) }
        (table["credential"] ?? entry.value).warnOfMode(source)
        if let problem = draft.fetch(source, credentials) {
            entry.key.warn("vendor \"\(entry.name)\" has no usable credential: \(problem)")
        }
    }
}

extension Value {
    /// A secret that everybody on this machine can read.
    func warnOfMode(_ source: CredentialSource) {
        guard case .file(let path) = source.keeper, let remedy = SmallFile.remedyForMode(path) else { return }
        warn("others can read \(path); close it: \(remedy)")
    }
}

extension VendorDraft {
    /// Fetches the credential; answers why there is none.
    mutating func fetch(_ source: CredentialSource, _ credentials: CredentialReader) -> String? {
        do throws(CredentialProblem) {
            try setCredential(credentials.read(source))
        } catch {
            vendor.credentialProblem = error.message
        }
        return vendor.credentialProblem
    }

    /// Takes a credential, or says why it can't be used.
    private mutating func setCredential(_ bytes: [UInt8]) throws(CredentialProblem) {
        let text = String(bytes: bytes)
        if vendor.environment.values.contains(where: { text == $0 || text.hasSuffix(":" + $0) }) {
            throw CredentialProblem(message: "it is the placeholder that agents get; put the real one there")
        }
        if vendor.scheme == .basic, !text.contains(":") {
            throw CredentialProblem(message: "it must be user:password; add user: to the credential")
        }
        vendor.credential = Secret(bytes)
        if let mode, let actual = vendor.mode, actual != mode {
            vendor.credential = nil
            throw CredentialProblem(message: "it is a \(actual) key, and the configuration says mode: \(mode)")
        }
        if vendor.scheme == .basic, vendor.account == nil, vendor.accountInPath != nil {
            vendor.account = text.split(separator: ":").first.map(String.init)
        }
    }
}

/// Reads the built-in entries.
enum CatalogueEntry {
    static func read(_ name: String, _ bytes: [UInt8], _ report: Report) -> VendorDraft? {
        let source = Source(name: "catalogue/\(name).yaml", folder: "/", report: report)
        guard let table = Document.read(bytes, source)?.table(.catalogue) else { return nil }
        var draft = VendorDraft(name: name)
        draft.apply(table)
        return draft
    }
}
