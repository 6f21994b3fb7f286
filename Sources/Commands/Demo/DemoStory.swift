internal import AgentEnvironment
internal import Core
internal import Foundation
internal import Loopback

/// The demo's steps; each says what it shows, and whether it came out as told.
final class DemoStory {
    private let stage: DemoStage
    private var number = 0
    private var failed = 0
    private let paint = Paint()

    init(stage: DemoStage) { self.stage = stage }

    /// Tells the story; answers how many steps went otherwise.
    func tell() async throws -> Int {
        let agent = try await DemoAgent(stage: stage, runID: "billing-7")
        try await allowed(agent)
        try await refused(agent)
        try await capped(agent)
        try await revoked(agent)
        try await searched(agent)
        try await python(agent)
        try await show()
        return failed
    }

    private func allowed(_ agent: DemoAgent) async throws {
        let answer = try await agent.charge(2000)
        step(
            answer.status == 200 && sent == 1, "charge $20", "allowed", "\(answer.status)",
            "$20 of $50; the vendor got the real key")
    }

    private func refused(_ agent: DemoAgent) async throws {
        let before = sent
        let answer = try await agent.post("/v1/payouts", "amount=500&currency=usd")
        let good = answer.status == 403 && answer.code == "endpoint_not_allowed" && sent == before
        step(good, "payout", "REFUSED", "\(answer.status)", "\(answer.code); the vendor saw nothing")
    }

    private func capped(_ agent: DemoAgent) async throws {
        let before = sent
        let answer = try await agent.charge(3100)
        let good = answer.status == 429 && answer.code == "cap_exhausted" && sent == before
        step(good, "charge $31", "REFUSED", "\(answer.status)", "\(answer.code); the vendor saw nothing")
    }

    /// Two runs stream; one is revoked, the other goes on.
    private func revoked(_ other: DemoAgent) async throws {
        let first = try await DemoAgent(stage: stage, runID: "stream-a")
        let (a, b) = (try first.stream(), try other.stream())
        guard await a.flows(), await b.flows() else { return step(false, "two streams", "", "", "did not begin") }
        let began = SystemClock.now()
        _ = try await stage.client.call(.delete, "/v1/runs/stream-a")
        let cut = await a.ends(within: .seconds(5))
        let took = Double((SystemClock.now() - began).microseconds) / 1_000_000
        let goesOn = await b.flows()
        b.stop()
        step(
            cut && goesOn && took < 1, "revoke run A", "", "",
            "stream cut after \(String(format: "%.2f", took)) s; run B \(goesOn ? "goes on" : "was cut too")")
    }

    /// The agent looks for the credential in all that it was given and all that it was answered.
    private func searched(_ agent: DemoAgent) async throws {
        let leak = try await agent.post("/v1/payment_intents", "amount=1&currency=usd&description=echo").text
        let seen = agent.everything + leak
        let hidden = !seen.contains(stage.credential)
        step(
            hidden, "agent's environment", "", "",
            "searched: \(hidden ? "no real credential" : "THE CREDENTIAL IS THERE")")
    }

    /// The vendor's own SDK, unchanged; skipped where it is not installed.
    private func python(_ agent: DemoAgent) async throws {
        guard let line = try await agent.stripePython() else {
            return Screen.print(paint.dim("  stripe-python     not installed here (pip install stripe): skipped"))
        }
        step(line.hasPrefix("pi_"), "stripe-python", "allowed", "", "PaymentIntent.create, unchanged: \(line)")
    }

    private func show() async throws {
        let records = try await stage.client.call(.get, "/v1/audit", query: [("limit", "50")])
        Screen.print("\n" + AuditView(records: records.list("records")).text)
        Screen.print(StatusView(try await stage.client.call(.get, "/status")).text)
    }

    /// Requests that reached the vendor.
    private var sent: Int { stage.vendor.requests.count }

    private func step(_ good: Bool, _ what: String, _ decision: String, _ status: String, _ detail: String) {
        number += 1
        if !good { failed += 1 }
        let words = [what.padded(18), decision.padded(8), status.padded(4), detail]
        let line = "\(number) \(words.joined(separator: " "))"
        Screen.print(good ? line : paint.red(line + "   <- not as promised"))
    }
}

extension String {
    fileprivate func padded(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
