internal import ControlAPI
internal import Core
internal import Logging
internal import NIOCore
internal import Settings

extension Assembly {
    /// Reads the configuration anew: all or nothing.
    func reload() async -> Surroundings.Reload {
        let task = reloads.withLockedValue { last in
            let before = last
            let task = Task {
                _ = await before?.value
                return await self.reloadNow()
            }
            last = task
            return task
        }
        return await task.value
    }

    private func reloadNow() async -> Surroundings.Reload {
        let old = settings.withLockedValue { $0 }
        guard let path = old.sourceFile else { return .rejected("there is no configuration file") }
        do {
            let next = sidecar.rules.generation + 1
            let new = try SettingsLoader.load(
                path: path, environment: ProcessEnvironment.current, generation: next)
            try await relisten(old.listen, new.listen)
            settings.withLockedValue { $0 = new }
            adopt(new.rules)
            sidecar.troubles.withLockedValue { troubles in
                troubles.rejectedConfiguration = nil
                troubles.configurationLoadedAt = sidecar.clock()
            }
            logger.info("configuration taken", metadata: ["generation": "\(next)"])
            let waiting = started.needingRestart(new)
            if !waiting.isEmpty { logger.warning("a restart is needed", metadata: ["for": "\(waiting)"]) }
            return .taken(generation: next, needsRestart: waiting)
        } catch {
            let first = String(describing: error).split(separator: "\n").first.map(String.init) ?? "unreadable"
            sidecar.troubles.withLockedValue { $0.rejectedConfiguration = first }
            logger.error("configuration rejected; the running one stays", metadata: ["problem": "\(first)"])
            return .rejected(String(describing: error))
        }
    }

    // MARK: Runs' own listeners

    func open(_ listener: RunListener) async throws {
        let channel = try await bind(listener.address, owner: listener.run)
        lifecycle.withLockedValue { $0.own.append((listener, channel)) }
    }

    private func close(_ listener: RunListener) async {
        let channel = lifecycle.withLockedValue { state -> (any Channel)? in
            guard let at = state.own.firstIndex(where: { $0.listener == listener }) else { return nil }
            let channel = state.own.remove(at: at).channel
            state.listeners.removeAll { $0 === channel }
            return channel
        }
        try? await channel?.close()
    }

    /// Opens and closes runs' own listeners. What is gone is closed first: its address may have another run now.
    private func relisten(_ old: Listen, _ new: Listen) async throws {
        let gone = old.runs.filter { !new.runs.contains($0) }
        var opened: [RunListener] = []
        for listener in gone { await close(listener) }
        do {
            for listener in new.runs where !old.runs.contains(listener) {
                try await open(listener)
                opened.append(listener)
            }
        } catch {
            for listener in opened { await close(listener) }
            for listener in gone { try? await open(listener) }
            throw error
        }
    }
}

extension Settings {
    /// What in `new` is not in force before a restart.
    fileprivate func needingRestart(_ new: Settings) -> [String] {
        let (old, listen) = (self.listen, new.listen)
        return [
            ("listen.proxy", old.proxy != listen.proxy), ("listen.admin", old.admin != listen.admin),
            ("listen.probes", old.probes != listen.probes), ("listen.threads", old.threads != listen.threads),
            ("state_dir", stateDir != new.stateDir), ("store", store.sqlite != new.store.sqlite),
            ("spend.timezone", spend.zone.name != new.spend.zone.name),
        ].filter(\.1).map(\.0)
    }
}
