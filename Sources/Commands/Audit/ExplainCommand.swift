internal import ArgumentParser
internal import Core

struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Say why a request was decided as it was.",
        discussion: """
            The ID stands in every refusal (request_id) and in the field Cofferdam-Request-Id of every answer.

              cofferdam explain req_8Zt2
            """)

    @OptionGroup var client: ClientOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: ArgumentHelp("The request's ID.", valueName: "request-id"))
    var requestID: String

    func run() async throws {
        let answer = try await client.client().call(.get, "/v1/explain", query: [("request_id", requestID)])
        Screen.print(output.json ? answer.line : Self.text(answer, paint: Paint()))
    }

    static func text(_ answer: JSONValue, paint: Paint) -> String {
        let code = answer.string("code")
        let vendor = answer["record"]?.string("vendor") ?? ""
        let reach = answer.flag("sent") ? "" : "; nothing reached " + (vendor.isEmpty ? "a vendor" : vendor)
        let head: String
        switch answer.string("decision") {
        case "refused": head = paint.red("REFUSED \(answer.integer("status").map { "\($0) " } ?? "")\(code)") + reach
        case "in_doubt": head = paint.yellow("IN DOUBT") + "; it counts as spent until an operator decides"
        default: head = paint.green("ALLOWED") + reach
        }
        var table = Table([.init(""), .init("")])
        for step in answer.list("steps") { table.add([" " + step.string("what"), step.string("detail")]) }
        return Table.safe(head == "" ? code : "") + head + "\n" + table.body
    }
}
