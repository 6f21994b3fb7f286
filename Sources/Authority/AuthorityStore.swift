internal import Crypto
internal import FoundationEssentials
internal import X509

/// The CA's two files in the state directory.
struct AuthorityStore {
    let directory: String

    var certificatePath: String { "\(directory)/ca.pem" }
    var keyPath: String { "\(directory)/ca.key" }

    /// Loads the CA, or makes it when neither file is there. Two processes that start at once get the same one.
    func open(name: String, now: Date) throws(AuthorityError) -> (AuthorityPair, advice: [String]) {
        try POSIXFile.makeDirectory(directory)
        return try POSIXFile.locked("\(directory)/ca.lock") { () throws(AuthorityError) in
            switch (POSIXFile.exists(certificatePath), POSIXFile.exists(keyPath)) {
            case (true, true): return try load(now: now)
            case (false, false): return (try make(name: name, now: now), [])
            case (true, false): throw .incomplete(present: certificatePath, missing: keyPath)
            case (false, true): throw .incomplete(present: keyPath, missing: certificatePath)
            }
        }
    }

    private func load(now: Date) throws(AuthorityError) -> (AuthorityPair, advice: [String]) {
        let certificate = try POSIXFile.read(certificatePath)
        try checkOwner(certificate, certificatePath)
        let key = try POSIXFile.read(keyPath)
        try checkOwner(key, keyPath)
        let advice = try checkMode(key)
        let pair = try AuthorityPair.parse(
            certificate: certificate.bytes, at: certificatePath, key: key.bytes, at: keyPath, now: now)
        return (pair, advice)
    }

    /// The key first: a certificate without its key is of no use to anybody.
    private func make(name: String, now: Date) throws(AuthorityError) -> AuthorityPair {
        let pair = try AuthorityPair.make(name: name, now: now)
        do {
            try POSIXFile.write(Array(pair.key.pemRepresentation.utf8) + [0x0a], to: keyPath, mode: 0o600)
            try POSIXFile.write(Array(PEM.encode(pair.certificate.der()).utf8), to: certificatePath, mode: 0o644)
        } catch let error as AuthorityError {
            throw error
        } catch {
            throw .minting(host: name, reason: "\(error)")
        }
        return pair
    }

    /// Ours, or root's. Root itself also takes what belongs to the owner of the directory: an operator's command
    /// looks at the files of the service's user.
    private func checkOwner(_ file: POSIXFile.Contents, _ path: String) throws(AuthorityError) {
        if file.owner == POSIXFile.user || file.owner == 0 { return }
        if POSIXFile.user == 0, file.owner == POSIXFile.owner(of: directory) { return }
        throw .foreignOwner(path: path, owner: file.owner)
    }

    /// Nobody but the owner, or the owner and our own primary group (as mounted secrets have it), may read the key.
    private func checkMode(_ key: POSIXFile.Contents) throws(AuthorityError) -> [String] {
        guard key.mode & 0o077 != 0 else { return [] }
        guard key.mode & 0o037 == 0, key.group == POSIXFile.group else {
            throw .keyReadableByOthers(path: keyPath, mode: key.mode)
        }
        return ["\(keyPath): group \(key.group) can read the CA key; run: chmod 600 \(keyPath)"]
    }
}
