internal import APIDocument
internal import Core

extension ControlAPI {
    /// `GET /openapi.json`: this API. There is nothing secret in it.
    func document(_ call: Call) -> APIAnswer {
        APIAnswer(status: 200, contentType: "application/json", content: .whole(APIDocument.bytes))
    }
}
