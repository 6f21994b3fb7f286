#!/bin/sh
# certificates.sh DIR: a root, and leaves that are good, expired and for another name; and a root that nobody trusts.
set -e
cd "$1"

root() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.pem" -days 30 \
        -subj "/CN=$1" 2>/dev/null
}

# leaf FILE NAME ROOT DATES...
leaf() {
    file=$1 name=$2 root=$3
    shift 3
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$file.key" -out "$file.csr" \
        -subj "/CN=$name" 2>/dev/null
    rm -rf "$file.ca" && mkdir "$file.ca" && : > "$file.ca/index.txt"
    printf '[ca]\ndefault_ca=d\n[d]\ndatabase=%s/index.txt\nnew_certs_dir=%s\nrand_serial=yes\ndefault_md=sha256\npolicy=p\nx509_extensions=x\n[p]\ncommonName=supplied\n[x]\nsubjectAltName=DNS:%s\nextendedKeyUsage=serverAuth\n' \
        "$file.ca" "$file.ca" "$name" > "$file.cnf"
    openssl ca -batch -notext -config "$file.cnf" -cert "$root.pem" -keyfile "$root.key" -in "$file.csr" \
        -out "$file.crt" "$@" 2>/dev/null
    cat "$file.crt" "$file.key" > "$file.pem"
}

root root
root stranger
leaf good vendor.test root -days 30
leaf localhost localhost root -days 30
leaf other other.test root -days 30
leaf expired vendor.test root -startdate 20200101000000Z -enddate 20200201000000Z
leaf untrusted vendor.test stranger -days 30
