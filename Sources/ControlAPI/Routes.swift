extension Route {
    /// Everything that the admin listener answers.
    static let admin: [Route] =
        probes(metrics: .token) + keyService + [
            Route("GET", "/status", ControlAPI.status, access: .optional),
            Route("POST", "/v1/keys/{}/reopen", ControlAPI.reopenKey),

            Route("POST", "/v1/runs", ControlAPI.registerRun),
            Route("GET", "/v1/runs", ControlAPI.listRuns),
            Route("GET", "/v1/runs/{}", ControlAPI.showRun),
            Route("DELETE", "/v1/runs/{}", ControlAPI.revokeRun),
            Route("POST", "/v1/runs/{}/renew", ControlAPI.renewRun),
            Route("POST", "/v1/runs/{}/end", ControlAPI.endRun),
            Route("POST", "/v1/runs/{}/resume", ControlAPI.resumeRun),

            Route("POST", "/v1/stops", ControlAPI.makeStop),
            Route("GET", "/v1/stops", ControlAPI.listStops),
            Route("DELETE", "/v1/stops/{}", ControlAPI.liftStop),

            Route("GET", "/v1/audit/stream", ControlAPI.followAudit),
            Route("GET", "/v1/audit/verify", ControlAPI.verifyAudit),
            Route("GET", "/v1/spend", ControlAPI.spend),
            Route("GET", "/v1/holds", ControlAPI.holds),
            Route("POST", "/v1/holds/settle", ControlAPI.settleHolds),
            Route("POST", "/v1/holds/release", ControlAPI.releaseHolds),
            Route("POST", "/v1/holds/{}/settle", ControlAPI.settleHold),
            Route("POST", "/v1/holds/{}/release", ControlAPI.releaseHold),
            Route("GET", "/v1/explain", ControlAPI.explain),
            Route("POST", "/v1/explain", ControlAPI.explainQuestion),

            Route("POST", "/v1/reload", ControlAPI.reload),
        ]

    /// The calls of the vault-key wire format.
    static let keyService: [Route] = [
        Route("POST", "/v1/keys", ControlAPI.issueKey),
        Route("GET", "/v1/keys", ControlAPI.listKeys),
        Route("GET", "/v1/keys/{}", ControlAPI.showKey),
        Route("DELETE", "/v1/keys/{}", ControlAPI.revokeKey),
        Route("DELETE", "/vault/keys/{}", ControlAPI.revokeKey),
        Route("GET", "/v1/audit", ControlAPI.audit),
    ]

    /// What `listen.probes` answers, and all of it. There the operator has chosen who may ask; on the admin listener an
    /// agent can ask too, so figures need a token.
    static func probes(metrics: Access) -> [Route] {
        [
            Route("GET", "/healthz", ControlAPI.health, access: .open),
            Route("GET", "/readyz", ControlAPI.readiness, access: .open),
            Route("GET", "/metrics", ControlAPI.metrics, access: metrics),
        ]
    }
}
