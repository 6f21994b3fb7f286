import Testing

/// The program as users start it, with clients and origins that nobody here wrote.
///
/// One suite after the other: they share two cores with heavy processes.
@Suite(.serialized, .timeLimit(.minutes(5))) enum `End to end` {}
