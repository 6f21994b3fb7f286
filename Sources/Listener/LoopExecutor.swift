internal import NIOCore

/// Runs an exchange on its connection's event loop: no hop between reading, deciding and writing.
final class LoopExecutor: TaskExecutor {
    let loop: any EventLoop
    /// The loop's number; its transfers share one libcurl loop.
    let lane: Int

    init(loop: any EventLoop, lane: Int) { (self.loop, self.lane) = (loop, lane) }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
