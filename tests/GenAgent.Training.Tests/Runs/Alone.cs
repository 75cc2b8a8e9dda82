namespace GenAgent.Training.Tests.Runs;

/// <summary>Tests that count the process's tensors, which no other test may make meanwhile.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone
{
    /// <summary>Lets go of what earlier tests left to the garbage collector, which would else be uncounted in the middle of the counting.</summary>
    public static void Settle()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }
}
