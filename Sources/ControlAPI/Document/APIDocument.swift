/// What the control API takes and answers, as OpenAPI: `openapi.json`, embedded in the program.
package enum APIDocument {
    /// Made at the first use.
    package static let bytes = PackageResources.openapi_json
}
