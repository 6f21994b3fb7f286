import Foundation
import Harness
import Testing

extension ExampleTests {
    /// Agents of three frameworks, each with tools over an HTTP client of its own, started by `cofferdam run`.
    @Suite struct `An agent of a framework` {
        enum Framework: String, CaseIterable, CustomTestStringConvertible {
            case langchain, openaiAgents = "openai-agents", crewai

            var testDescription: String { rawValue }

            /// CrewAI's packages agree with nobody else's.
            var apart: String? { self == .crewai ? rawValue : nil }

            var python: String { get throws { try Machine.example("python", apart: apart) } }
        }

        @Test(arguments: Framework.allCases)
        func `shows its model why a tool was refused, asks once, and goes on`(_ framework: Framework) async throws {
            try await Example.play(framework.rawValue) { example in
                let output = try await example.sidecar.run(
                    "billing-7", [framework.python, example.home + "/agent.py"], more: example.variables)
                #expect(output.status == 0, "\(output)")
                #expect(output.out.hasSuffix("I charged $20.00; the rest was refused.\n"), "\(output)")
                shown(output)
                #expect(example.reached == ["POST /v1/payment_intents"])
                // Neither SDKs nor frameworks tried again, and nothing else was asked for, such as telemetry.
                let codes = try await example.sidecar.settled("billing-7").map { $0["code"].text }
                #expect(codes == ["allowed", "cap_exhausted", "endpoint_not_allowed"], "\(output)")
            }
        }

        @Test(arguments: Framework.allCases)
        func `starts as its README says`(_ framework: Framework) async throws {
            try await Started.play(framework.rawValue, apart: framework.apart) { started in
                let output = await started.app.child.output()
                #expect(output.status == 0, "\(output)")
                shown(output)
                #expect(output.err.contains("spent $20.00 of $50.00 · 1 allowed · 2 refused"), "\(output)")
            }
        }

        /// What the model was shown of each tool's result.
        private func shown(_ output: Child.Output) {
            let lines = output.out.split(separator: "\n").compactMap { JSON(String($0)) }
            #expect(lines.map { $0["tool"].text } == ["charge", "charge", "pay_out"], "\(output)")
            let texts = lines.map { $0["shown"].text ?? "" }
            let parts = [
                "$20.00, requires_payment_method", "Daily cap of $50.00 for run billing-7 reached: $20.00 spent",
                "\"payouts.create\" is not permitted",
            ]
            for (text, part) in zip(texts, parts) { #expect(text.contains(part), "\(output)") }
        }

        @Test func `of LangChain is told apart: the tool failed`() async throws {
            try await Example.play("langchain") { example in
                let output = try await example.sidecar.run(
                    "billing-8", [Framework.langchain.python, example.home + "/agent.py"], more: example.variables)
                let lines = output.out.split(separator: "\n").compactMap { JSON(String($0)) }
                #expect(lines.map { $0["status"].text } == ["success", "error", "error"], "\(output)")
            }
        }
    }
}
