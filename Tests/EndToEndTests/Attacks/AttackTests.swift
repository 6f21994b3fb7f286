import Testing

extension `End to end` {
    /// By CONNECT and TLS, in absolute-form, and at the gateway: the vendor sees nothing of it, or one canonical request.
    @Suite struct `A hostile request by each way in` {
        private func withstand(_ attacks: [Attack]) async throws {
            try await Siege.lay { siege in try await siege.withstand(attacks) }
        }

        @Test func `is not made by a length that can be read in two ways`() async throws {
            try await withstand(LengthAttacks.all + CodingAttacks.all)
        }

        @Test func `is not made by chunks that end somewhere else`() async throws {
            try await withstand(ChunkAttacks.all)
        }

        @Test func `is not made by its lines`() async throws { try await withstand(LineAttacks.all) }

        @Test func `goes nowhere but to the authority that was bound`() async throws {
            try await withstand(HostAttacks.all + TargetAttacks.all + ConnectAttacks.all)
        }

        @Test func `reaches no path and no method but the listed ones`() async throws {
            try await withstand(PathAttacks.all)
        }

        @Test func `reaches nothing sensitive by a wildcard`() async throws {
            try await Siege.lay(as: "wide-1") { siege in try await siege.withstand(SensitiveAttacks.all) }
        }

        @Test func `has the fields and the caller that were judged`() async throws {
            try await withstand(FieldAttacks.all + AccountAttacks.all + IdentityAttacks.all)
        }

        @Test func `is judged by itself behind another one`() async throws { try await withstand(PipelineAttacks.all) }
    }
}
