extension Route {
    /// Everything that the admin listener answers. A call that names no role is the admin's.
    static let admin: [Route] =
        probes(metrics: .reading) + keyService + [
            Route("GET", "/openapi.json", ControlAPI.document, access: .open),
            Route("GET", "/status", ControlAPI.status, access: .optional),
            Route("POST", "/v1/keys/{}/reopen", ControlAPI.reopenKey),

            Route("POST", "/v1/runs", ControlAPI.registerRun, access: .issuing),
            Route("GET", "/v1/runs", ControlAPI.listRuns, access: .anyToken),
            Route("GET", "/v1/runs/{}", ControlAPI.showRun, access: .anyToken),
            Route("DELETE", "/v1/runs/{}", ControlAPI.revokeRun, access: .issuing),
            Route("POST", "/v1/runs/{}/renew", ControlAPI.renewRun, access: .issuing),
            Route("POST", "/v1/runs/{}/end", ControlAPI.endRun, access: .issuing),
            Route("POST", "/v1/runs/{}/resume", ControlAPI.resumeRun),

            Route("POST", "/v1/stops", ControlAPI.makeStop),
            Route("GET", "/v1/stops", ControlAPI.listStops, access: .reading),
            Route("DELETE", "/v1/stops/{}", ControlAPI.liftStop),

            Route("GET", "/v1/budgets", ControlAPI.listBudgets, access: .reading),
            Route("GET", "/v1/budgets/{}", ControlAPI.showBudget, access: .reading),
            Route("PUT", "/v1/budgets/{}", ControlAPI.changeBudget),
            Route("DELETE", "/v1/budgets/{}", ControlAPI.resetBudget),
            Route("GET", "/v1/budgets/{}/{}", ControlAPI.showBudgetAccount, access: .reading),
            Route("PUT", "/v1/budgets/{}/{}", ControlAPI.changeBudget),
            Route("DELETE", "/v1/budgets/{}/{}", ControlAPI.resetBudget),

            Route("GET", "/v1/audit/stream", ControlAPI.followAudit, access: .reading),
            Route("GET", "/v1/audit/verify", ControlAPI.verifyAudit, access: .reading),
            Route("GET", "/v1/audit/export", ControlAPI.exportAudit, access: .reading),
            Route("GET", "/v1/spend", ControlAPI.spend, access: .reading),
            Route("GET", "/v1/holds", ControlAPI.holds, access: .reading),
            Route("POST", "/v1/holds/settle", ControlAPI.settleHolds),
            Route("POST", "/v1/holds/release", ControlAPI.releaseHolds),
            Route("POST", "/v1/holds/{}/settle", ControlAPI.settleHold),
            Route("POST", "/v1/holds/{}/release", ControlAPI.releaseHold),
            Route("GET", "/v1/explain", ControlAPI.explain, access: .reading),
            Route("POST", "/v1/explain", ControlAPI.explainQuestion, access: .reading),

            Route("POST", "/v1/tokens", ControlAPI.addToken),
            Route("GET", "/v1/tokens", ControlAPI.listTokens, access: .reading),
            Route("DELETE", "/v1/tokens/{}", ControlAPI.removeToken),
            Route("POST", "/v1/tokens/{}/rotate", ControlAPI.rotateToken),

            Route("POST", "/v1/reload", ControlAPI.reload),
        ]

    /// The calls of the vault-key wire format.
    static let keyService: [Route] = [
        Route("POST", "/v1/keys", ControlAPI.issueKey, access: .issuing),
        Route("GET", "/v1/keys", ControlAPI.listKeys, access: .anyToken),
        Route("GET", "/v1/keys/{}", ControlAPI.showKey, access: .anyToken),
        Route("DELETE", "/v1/keys/{}", ControlAPI.revokeKey, access: .issuing),
        Route("DELETE", "/vault/keys/{}", ControlAPI.revokeKey, access: .issuing),
        Route("GET", "/v1/audit", ControlAPI.audit, access: .anyToken),
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
