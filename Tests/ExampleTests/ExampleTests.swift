import Testing

/// The applications of `Examples/`, as their READMEs say to run them, with real servers.
///
/// One suite after the other: they share two cores with heavy processes.
@Suite(.serialized, .timeLimit(.minutes(5))) enum ExampleTests {}
