import Testing

@testable import Core

@Suite struct `Refusals of one caller` {
    @Test func `are recorded up to a number each minute, and the rest is told as a number`() {
        let meter = RefusalMeter(each: 3)
        let recorded = (0..<10).map { _ in meter.mayRecord("run-1", at: .start) }
        #expect(recorded.count { $0 } == 3 && meter.mayRecord("run-2", at: .start))
        #expect(meter.takeUnrecorded(at: .start).isEmpty, "the minute is not over")
        let later = Moment.start + .seconds(60)
        #expect(meter.mayRecord("run-1", at: later))
        let notes = meter.takeUnrecorded(at: later)
        #expect(notes.map(\.text) == ["7 more refusals of run-1 in a minute were counted, not recorded"])
        #expect(meter.takeUnrecorded(at: later).isEmpty, "it is told once")
    }

    @Test func `are on record with so much of what it wrote`() async throws {
        let world = try await World()
        let path = "/v1/" + String(repeating: "x", count: 5000)
        await world.answer(world.tunnelled(.delete, path), FakeClient(), from: FakeOrigin(200))
        let record = try #require(world.decisions.last)
        #expect(record.path.utf8.count < 1100 && record.path.hasSuffix("…") && (record.reason ?? "").utf8.count < 1100)
    }
}
