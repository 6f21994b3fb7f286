package enum Cc {}
