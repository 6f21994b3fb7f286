import Core
import Testing

@testable import OriginClient

@Suite struct `A transfer that is cancelled just as its answer ends` {
    @Test func `tells who waits for it already`() async {
        let event = await withUnsafeContinuation { (reader: UnsafeContinuation<OriginEvent, Never>) in
            var (mail, sleepers) = (Mail(), [Sleeper]())
            mail.wait(reader)
            let mustTell = mail.cancel()
            #expect(mustTell)
            // The loop had the answer whole before it heard of the cancelling.
            _ = mail.put([.end(trailers: Fields())], bytes: 0, waking: &sleepers)
            #expect(sleepers.count == 1)
            if sleepers.isEmpty { reader.resume(returning: .end(trailers: Fields())) }
            for sleeper in sleepers { sleeper.wake() }
        }
        #expect(event.isFailure)
    }

    @Test func `tells who asks later`() {
        var (mail, sleepers) = (Mail(), [Sleeper]())
        let mustTell = mail.cancel()
        #expect(mustTell)
        _ = mail.put([.content([1]), .end(trailers: Fields())], bytes: 1, waking: &sleepers)
        let (first, again) = (mail.take()?.event, mail.take()?.event)
        #expect(first?.isFailure == true && again?.isFailure == true)
    }
}
