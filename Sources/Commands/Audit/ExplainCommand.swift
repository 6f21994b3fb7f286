internal import ArgumentParser
internal import Core

struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Say why a request was decided as it was.",
        discussion: """
            The ID stands in every refusal (request_id) and in the field Cofferdam-Request-Id of every answer.

              cofferdam explain req_8Zt2
              cofferdam explain --run billing-7 POST https://api.stripe.com/v1/charges -d 'amount=500&currency=usd'

            The second form asks what would be decided; nothing is sent.
            """)

    @OptionGroup var client: ClientOptions
    @OptionGroup var output: OutputOptions
    @Option(
        help: ArgumentHelp(
            "Ask what would be decided on a request of this run; METHOD and URI follow.", valueName: "id"))
    var run: String?
    @Option(
        name: .shortAndLong, help: ArgumentHelp("The content of that request, a form or JSON.", valueName: "content"))
    var data: String?
    @Argument(help: ArgumentHelp("The request's ID; with --run: METHOD and URI.", valueName: "request-id"))
    var words: [String]

    func validate() throws {
        if run == nil, words.count != 1 { throw ValidationError("give one request ID, or --run with METHOD and URI") }
        if run != nil, words.count != 2 {
            throw ValidationError("with --run give METHOD and URI: POST https://api.stripe.com/v1/charges")
        }
    }

    func run() async throws {
        let client = try client.client()
        let answer =
            if let run { try await client.call(.post, "/v1/explain", question(run)) } else {
                try await client.call(.get, "/v1/explain", query: [("request_id", words[0])])
            }
        Screen.print(output.json ? answer.line : Self.text(answer, paint: Paint()))
    }

    private func question(_ run: String) -> JSONValue {
        var members: [JSONValue.Member] = [
            .init("run_id", .string(run)), .init("method", .string(words[0].uppercased())),
            .init("uri", .string(words[1])),
        ]
        if let data {
            let json = data.hasPrefix("{") || data.hasPrefix("[")
            members.append(
                .init("content_type", .string(json ? "application/json" : "application/x-www-form-urlencoded")))
            members.append(.init("content", .string(data)))
        }
        return .object(members)
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
        var table = Table([.init(""), .init(""), .init("")])
        for step in answer.list("steps") {
            table.add([" " + step.string("what"), step.string("detail"), step.string("place")])
        }
        return Table.safe(head == "" ? code : "") + head + "\n" + table.body
    }
}
