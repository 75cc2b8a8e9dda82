namespace GenAgent.Training.Tests.Runs;

/// <summary>Tests that count the process's tensors, which no other test may make meanwhile.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
