internal import Core

extension Value {
    /// An entry of an allowlist.
    func allowedEndpoint(_ vendor: Vendor) -> EndpointPattern? {
        guard let text = text("an operation or an endpoint") else { return nil }
        do {
            return try vendor.endpoint(text)
        } catch {
            let hint = text.contains("/") ? "" : Spelling.hint(text, vendor.operations.map(\.name))
            fail(error.message + hint)
            return nil
        }
    }
}
