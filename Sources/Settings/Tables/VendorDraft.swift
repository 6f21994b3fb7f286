internal import Core

/// A vendor while it is read: the catalogue's entry first, then the user's over it.
struct VendorDraft {
    var vendor: Vendor
    var operations = OperationList()
    var credential: CredentialSource?
    /// The mode that the user wants the credential to have.
    var mode: String?
    /// The variables in which SDKs look for the key, the usual one first.
    var environmentOrder: [String] = []
    /// The variable in which SDKs look for the public half of a basic credential.
    var userVariable: String?

    init(name: String) { vendor = Vendor(name: name) }

    /// Reads the keys of one entry over what is there.
    mutating func apply(_ table: Table) {
        applyIdentity(table)
        applyRequests(table)
        applyAnswers(table)
        applyDeployment(table)
        if let entries = table["operations"]?.table() { operations.merge(entries, primaryHost: vendor.primaryHost) }
    }

    /// The vendor, with what depends on several keys put together.
    func finished() -> Vendor {
        var vendor = vendor
        vendor.operations = operations.all
        return vendor
    }

    private mutating func applyIdentity(_ table: Table) {
        table.read("hosts", into: &vendor.hosts) { $0.hosts() }
        table.read("credential_scheme", into: &vendor.scheme) { $0.scheme() }
        table.read("key_fields", into: &vendor.keyFields) { $0.list { $0.fieldName() } }
        table.read("key_prefixes", into: &vendor.keyPrefixes) { $0.keyPrefixes() }
        table.read("environment", into: &vendor.environment) { $0.variables() }
        if let order = table["environment"]?.table()?.entries.map(\.name) { environmentOrder = order }
        table.read("user_variable", into: &userVariable) { $0.text("the name of a variable") }
        table.read("base_url", into: &vendor.baseURL) { $0.variables() }
    }

    private mutating func applyRequests(_ table: Table) {
        table.read("content", into: &vendor.formOnly) { $0.word(["any", "form"]).map { $0 == "form" } }
        table.read("version_prefix", into: &vendor.versionPrefix) { $0.name("a path segment") }
        table.read("pinned_fields", into: &vendor.pinnedFields) { $0.list { $0.fieldName() } }
        table.read("version_fields", into: &vendor.versionFields) { $0.list { $0.fieldName() } }
        table.read("pinned_parameters", into: &vendor.pinnedParameters) { $0.list { $0.fieldName() } }
        table.read("account_in_path", into: &vendor.accountInPath) { $0.accountPath() }
        table.read("minor_units", into: &vendor.minorUnits) { $0.minorUnits() }
        table.read("default_minor_units", into: &vendor.defaultMinorUnits) { $0.digits() }
        table.read("idempotency", into: &vendor.idempotency) { $0.idempotency() }
    }

    private mutating func applyAnswers(_ table: Table) {
        table.read("object_id", into: &vendor.objectID) { $0.jsonPath() }
        table.read("objects", into: &vendor.objects) { $0.objectKinds() }
        table.read("request_id_field", into: &vendor.requestIDField) { $0.fieldName() }
        table.read("no_charge", into: &vendor.noCharge) { value in
            value.list { $0.whole(400...499, "a status from 400 to 499") }.map { Set($0) }
        }
        table.read("error_template", into: &vendor.errorTemplate) { $0.lines() }
        table.read("error_content_type", into: &vendor.errorContentType) { $0.text("a media type") }
        table.read("cap_status", into: &vendor.capStatus) { $0.whole(400...599, "a status from 400 to 599") }
        table.read("events_error", into: &vendor.eventsError) { $0.lines() }
    }
}
